/** A form that reads translated. In `pattern` a space stands for any whitespace, so that a phrase is found across lines. */
export interface Form {
  readonly form: string;
  readonly pattern: string;
  readonly native: string;
  /** What the pattern finds, and what it must leave alone. */
  readonly bad: readonly string[];
  readonly good: readonly string[];
  /** Only files below these paths; absent: all. */
  readonly except?: readonly string[];
}

const PER =
  'host|machine|line|key|task|play|run|file|command|module|topic|kind|letter|row|program|member|role|group|term|part|step';

export const FORMS: readonly Form[] = [
  {
    form: 'is no X',
    pattern: String.raw`(?<!\bthere )\b(?:is|are|was|were|be) no (?!longer\b|more\b|less\b|fewer\b|later\b|worse\b|different\b)[a-z]`,
    native: 'is not a X, invalid X, there is no X',
    bad: ['x is no number', 'lines that are no\n * events'],
    good: ['there is no host', 'it is no longer used', 'There are no roles'],
  },
  {
    form: 'is none',
    pattern: String.raw`(?<!\bthere )\b(?:is|are|was|were) none\b`,
    native: 'is not one, there is none',
    bad: ['a key that is none', 'x is none of the choices'],
    good: ['undefined: there is none'],
  },
  {
    form: 'so many',
    pattern: String.raw`\bso many\b(?! that\b)`,
    native: 'N',
    bad: ['only the newest so many'],
    good: ['so many that it takes minutes'],
  },
  { form: 'anew', pattern: String.raw`\banew\b`, native: 'again', bad: ['watch etcd anew'], good: ['a new one'] },
  {
    form: 'nobody, somebody, everybody, whoever',
    pattern: String.raw`\b(?:nobody|somebody|everybody|whoever)\b`,
    native: 'passive voice, "other users", "anyone who"',
    bad: ['Nobody needs that', "somebody's printer", 'whoever holds the lock'],
    good: ['no one file', 'nobody_'],
  },
  { form: 'shall', pattern: String.raw`\bshall\b`, native: 'must, should', bad: ['it shall end'], good: ['shallow'] },
  { form: 'folder', pattern: String.raw`\bfolders?\b`, native: 'directory', bad: ['one folder'], good: ['folded'] },
  {
    form: 'also when, also where',
    pattern: String.raw`\balso (?:when|where|if)\b`,
    native: 'even if, even where',
    bad: ['also when it is dead'],
    good: ['when it is also dead'],
  },
  {
    form: 'stands in',
    pattern: String.raw`\b(?:stand|stands|stood) (?:in|there|here)\b(?! for\b)`,
    native: 'is in, is there',
    bad: ['it stands in the lock', 'the text stands there'],
    good: ['a mock stands in for it'],
  },
  {
    form: 'blanks',
    pattern: String.raw`(?<!\[:)\bblanks?\b(?! lines?\b)(?!:\])`,
    native: 'whitespace, space, empty',
    bad: ['without blanks', 'a blank in front'],
    good: ['grep [[:blank:]]', 'blank lines'],
  },
  {
    form: 'letters',
    pattern: String.raw`\b(?:any|other|more|these|those|line of|[0-9]+) letters\b(?!,? (?:and |or )?(?:digits|numbers))|\bas a letter\b`,
    native: 'characters',
    bad: ['stand for any letters', '60 letters'],
    good: ['lower-case letters', 'a range of letters'],
  },
  {
    form: 'a log a host',
    pattern: String.raw`\b(?:an?|one|two|each) (?!of |from |gets )[a-z]+ an? (?:${PER})\b`,
    native: 'one X per host',
    bad: ['one exec a machine', 'a log a\nhost'],
    good: ['20 events a second', 'give the host a key', 'one of a file', 'one from a file', 'each gets a program'],
  },
  {
    form: 'machine',
    pattern: String.raw`(?<!\b(?:lab|this|virtual|your|which|own|local|state|same|one|operator's|controller's|that) |/)\bmachines?\b(?![-_:])`,
    native: 'host (lab machine, virtual machine and this machine stay)',
    bad: ['the machines do not fit'],
    good: ['a lab machine', 'on this machine', 'machine-readable', '/etc/machine-id'],
    except: ['src/lab/', 'src/app/lab/', 'src/commands/lab/', 'docs/vagrant.md', 'vagrant/', 'bench/', 'inventories/lab/'],
  },
  {
    form: 'heed',
    pattern: String.raw`\b(?:un)?heed(?:s|ed)?\b`,
    native: 'honour, obey, ignore',
    bad: ['is not heeded'],
    good: ['head'],
  },
  {
    form: 'refuses us',
    pattern: String.raw`\brefuse[sd]? us\b`,
    native: 'refuses the login',
    bad: ['a host refuses us'],
    good: ['refuses use'],
  },
  {
    form: 'looked at',
    pattern: String.raw`\blooked at\b`,
    native: 'checked, read',
    bad: ['is looked at first'],
    good: ['look at the log'],
  },
  {
    form: 'nothing but',
    pattern: String.raw`\bnothing but\b`,
    native: 'only',
    bad: ['Nothing but a shell is needed'],
    good: ['nothing, but'],
  },
  {
    form: 'Do:, Why:',
    pattern: String.raw`(?<=^|[\s*])(?:Do|Why): `,
    native: 'hint:',
    bad: ['Do: Did you mean provision?'],
    good: ['What to do: this'],
  },
];

const GOLDEN = 'titles of tasks are part of the golden files';

/** Exact texts that stay, with the reason. A text that no longer occurs fails the test. */
export const ALLOWED: readonly { readonly file: string; readonly text: string; readonly reason: string }[] = [
  { file: 'bench/startup.mjs', text: 'ansible_user=nobody', reason: 'an account' },
  { file: 'CONTRIBUTING.md', text: '| machine, server |', reason: 'the glossary names what not to say' },
  { file: 'CONTRIBUTING.md', text: 'as Kubernetes calls it | machine |', reason: 'the glossary names what not to say' },
  { file: 'src/roles/kubernetes/control-plane.ts', text: 'upload the certificates for the machines that join', reason: GOLDEN },
];

/** The pattern as a regular expression over prose, where a line may break within a phrase. */
export function expression(form: Form): RegExp {
  return new RegExp(form.pattern.replaceAll(' ', String.raw`[\s*/#>]+`), form.form.startsWith('Do:') ? 'g' : 'gi');
}
