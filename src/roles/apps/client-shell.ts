import { joinShell, type Shell, sh } from '../../shell/shell.js';
import { SHELLS, shellScript } from '../../shortcuts/shells.js';
import { command } from '../../tasks/command.js';
import { directories, file } from '../../tasks/file.js';
import { NODE_STATE } from '../../tasks/paths.js';
import type { Task } from '../../tasks/task.js';
import type { RoleContext } from '../role.js';

const DIR = '/usr/local/share/kubewright';
const FISH = '/etc/fish/conf.d/kubewright.fish';
/** Debian's, and the one of RHEL. */
const ZSHRCS = ['/etc/zsh/zshrc', '/etc/zshrc'];
const ZSH_LINE = `[ ! -r ${DIR}/zshrc ] || . ${DIR}/zshrc # kubewright`;
/** Which kubeconfigs of users are ours: the checksum of what was written, in a file named like the user. */
const GIVEN = `${NODE_STATE}/client`;

/** For a shell's own test: only who is named loads the short commands. */
export function profileLines({ cluster }: RoleContext): string {
  const s = cluster.settings;
  if (!s.client_shell) return '';
  return `case " ${users(s)} " in
  *" \${USER:-$(id -un)} "*)
    if [ -n "\${BASH_VERSION:-}" ] && [ -r ${DIR}/shell.bash ]; then . ${DIR}/shell.bash; fi
    ;;
esac
`;
}

/** The short commands of `kubewright shell` for root and named users of a control plane, and a kubeconfig for those users. */
export function clientShell(ctx: RoleContext): Task[] {
  const s = ctx.cluster.settings;
  return s.client_shell ? [...commands(users(s)), ...kubeconfigs(s.client_shell_users)] : [clientShellGone()];
}

function commands(who: string): Task[] {
  return [
    directories({ id: 'client/shell-directory', title: 'Make the directory of the short commands', paths: [DIR] }),
    ...SHELLS.map((shell) =>
      file({
        id: `client/shell-${shell}`,
        title: `Write the short commands for ${shell}`,
        path: `${DIR}/shell.${shell}`,
        content: shellScript(shell),
      }),
    ),
    file({
      id: 'client/zshrc',
      title: 'Write who loads them in zsh',
      path: `${DIR}/zshrc`,
      content: `case " ${who} " in *" $USERNAME "*) . ${DIR}/shell.zsh ;; esac\n`,
    }),
    command({
      id: 'client/load-zsh',
      title: 'Let zsh load them, where it is installed',
      check: sh`for f in ${ZSHRCS}; do [ ! -f "$f" ] || grep -qxF ${ZSH_LINE} "$f"; done`,
      apply: sh`for f in ${ZSHRCS}; do
        if [ -f "$f" ] && ! grep -qxF ${ZSH_LINE} "$f"; then printf '%s\n' ${ZSH_LINE} >> "$f"; fi
      done`,
    }),
    command({
      id: 'client/load-fish',
      title: 'Let fish load them, where it is installed',
      check: sh`[ ! -d /etc/fish ] || [ "$(cat ${FISH})" = ${fishLine(who)} ]`,
      apply: sh`
        mkdir -p /etc/fish/conf.d
        printf '%s\n' ${fishLine(who)} > ${FISH}`,
    }),
  ];
}

function kubeconfigs(users: readonly string[]): Task[] {
  return [
    command({
      id: 'client/shell-kubeconfigs',
      title: 'Give the users of client_shell_users the admin kubeconfig',
      // One that is not ours stays: it may lead to another cluster.
      check: joinShell([
        notListed(users),
        ...users.map(
          (user) => sh`[ -e ${`${GIVEN}/${user}`} ]
        ${asUser(user, 'cmp -s - ~/.kube/config')} < /etc/kubernetes/admin.conf || [ "$(${asUser(user, 'sha256sum < ~/.kube/config')})" != "$(cat ${`${GIVEN}/${user}`})" ]`,
        ),
      ]),
      apply: joinShell([
        sh`mkdir -p ${GIVEN}`,
        takeAway(users),
        ...users.map(
          (user) => sh`
          id ${user} > /dev/null
          if ${asUser(user, '[ ! -e ~/.kube/config ] || cmp -s - ~/.kube/config')} < /etc/kubernetes/admin.conf || [ "$(${asUser(user, 'sha256sum < ~/.kube/config')})" = "$(cat ${`${GIVEN}/${user}`} 2> /dev/null)" ]; then
            ${asUser(user, 'umask 077; mkdir -p ~/.kube && cat > ~/.kube/config.kw-new && mv -f ~/.kube/config.kw-new ~/.kube/config')} < /etc/kubernetes/admin.conf
            sha256sum < /etc/kubernetes/admin.conf > ${`${GIVEN}/${user}`}
          else
            echo ${`${user} has a kubeconfig of another cluster, which stays`}
            echo other > ${`${GIVEN}/${user}`}
          fi`,
        ),
      ]),
      reads: ['/etc/kubernetes/admin.conf'],
      hint: 'Does every user of client_shell_users exist on the control planes?',
    }),
  ];
}

/** Everything of it is removed; a kubeconfig only if it is still the one that was given. */
export function clientShellGone(): Task {
  return command({
    id: 'client/shell-gone',
    title: 'Remove the short commands',
    check: sh`
      for f in ${[DIR, FISH, GIVEN]}; do [ ! -e "$f" ]; done
      for f in ${ZSHRCS}; do [ ! -f "$f" ] || ! grep -qxF ${ZSH_LINE} "$f"; done`,
    apply: sh`
      ${takeAway([])}
      for f in ${ZSHRCS}; do
        if [ -f "$f" ] && grep -qxF ${ZSH_LINE} "$f"; then sed -i '/# kubewright$/d' "$f"; fi
      done
      rm -rf ${[DIR, FISH, GIVEN]}`,
  });
}

/** No user has one who is not listed any more. */
function notListed(users: readonly string[]): Shell {
  return sh`for f in ${GIVEN}/*; do case " "${users.join(' ')}" " in *" \${f##*/} "*) ;; *) [ ! -e "$f" ] ;; esac; done`;
}

function takeAway(kept: readonly string[]): Shell {
  return sh`for f in ${GIVEN}/*; do
    [ -e "$f" ] || continue
    u=\${f##*/}
    case " "${kept.join(' ')}" " in *" $u "*) continue ;; esac
    if [ "$(su -s /bin/sh "$u" -c 'sha256sum < ~/.kube/config' < /dev/null)" = "$(cat "$f")" ]; then su -s /bin/sh "$u" -c 'rm -f ~/.kube/config' < /dev/null; fi
    rm -f "$f"
  done`;
}

/** As the user: root follows no links in a user's home. */
function asUser(user: string, script: string): Shell {
  return sh`su -s /bin/sh ${user} -c ${script}`;
}

function users(s: { readonly client_shell_users: readonly string[] }): string {
  return ['root', ...s.client_shell_users].join(' ');
}

function fishLine(who: string): string {
  return `contains -- $USER ${who}; and source ${DIR}/shell.fish`;
}
