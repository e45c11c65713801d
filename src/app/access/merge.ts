import { Document, isMap, isSeq, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';
import { InputError } from '../../base/errors.js';
import { wholeFile } from '../../base/place.js';

/** Access to one cluster as one identity. */
export interface Access {
  /** Of the context and of the cluster. */
  readonly name: string;
  /** Of the entry with the credentials. */
  readonly user: string;
  /** `https://10.0.0.5:6443`. */
  readonly server: string;
  /** What the certificate is checked against where it is not the address: Go's ServerName. */
  readonly tlsServerName?: string;
  /** PEM. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

type Section = 'clusters' | 'users' | 'contexts';
const KEY: Readonly<Record<Section, string>> = { clusters: 'cluster', users: 'user', contexts: 'context' };

/** A kubeconfig that holds this access alone. */
export function kubeconfigText(access: Access): string {
  return mergeAccess('', 'kubeconfig', access, { use: true, force: false });
}

/**
 * An existing kubeconfig with this access added or renewed. Everything else stays, comments included; the current context only changes
 * with `use`, or where there is none.
 *
 * @param file names the text in errors.
 * @param o.force replaces a cluster of the same name that is another one.
 * @throws InputError for a file that is not a kubeconfig, and for a name that another cluster has.
 */
export function mergeAccess(text: string, file: string, access: Access, o: { use: boolean; force: boolean }): string {
  const doc = parsed(text, file);
  const root = doc.contents as YAMLMap;
  const existing = entryOf(root, 'clusters', access.name);
  const ca = Buffer.from(access.ca).toString('base64');
  if (existing && !o.force && existing.getIn(['cluster', 'certificate-authority-data']) !== ca) {
    throw new InputError({
      what: `${access.name} is the name of another cluster in this file`,
      where: wholeFile(file),
      fix: 'Choose another one with --name, or replace that cluster with --force',
    });
  }
  put(doc, root, 'clusters', access.name, {
    'certificate-authority-data': ca,
    server: access.server,
    ...(access.tlsServerName === undefined ? {} : { 'tls-server-name': access.tlsServerName }),
  });
  put(doc, root, 'users', access.user, {
    'client-certificate-data': Buffer.from(access.cert).toString('base64'),
    'client-key-data': Buffer.from(access.key).toString('base64'),
  });
  const namespace = entryOf(root, 'contexts', access.name)?.getIn(['context', 'namespace']);
  put(doc, root, 'contexts', access.name, {
    cluster: access.name,
    ...(typeof namespace === 'string' ? { namespace } : {}),
    user: access.user,
  });
  if (o.use || !root.get('current-context')) root.set('current-context', access.name);
  return doc.toString({ lineWidth: 0 });
}

function parsed(text: string, file: string): Document {
  const refuse = (why: string): InputError =>
    new InputError({
      what: 'This is not a kubeconfig, so nothing is added to it',
      where: wholeFile(file),
      why,
      fix: 'Repair it (kubectl config view shows what kubectl makes of it), or write another file with -o FILE',
    });
  if (text.trim() === '') return new Document({ apiVersion: 'v1', kind: 'Config', clusters: [], contexts: [], users: [] });
  const doc = parseDocument(text);
  const [error] = doc.errors;
  if (error) throw refuse(error.message.split('\n')[0] ?? '');
  if (!isMap(doc.contents)) throw refuse('It is not a map');
  const kind: unknown = doc.contents.get('kind');
  if (kind !== undefined && kind !== 'Config') throw refuse(`Its kind is ${String(kind)}, not Config`);
  for (const section of Object.keys(KEY)) {
    const value = doc.contents.get(section);
    if (value !== undefined && value !== null && !isSeq(value)) throw refuse(`${section} is not a list`);
  }
  return doc as unknown as Document;
}

function listOf(root: YAMLMap, section: Section): YAMLSeq | undefined {
  const list = root.get(section);
  return isSeq(list) ? list : undefined;
}

function entryOf(root: YAMLMap, section: Section, name: string): YAMLMap | undefined {
  return listOf(root, section)?.items.find((item): item is YAMLMap => isMap(item) && item.get('name') === name);
}

function put(doc: Document, root: YAMLMap, section: Section, name: string, value: object): void {
  const entry = entryOf(root, section, name);
  if (entry) {
    entry.set(KEY[section], doc.createNode(value));
    return;
  }
  const list = listOf(root, section);
  const node = doc.createNode({ [KEY[section]]: value, name });
  if (!list) {
    root.set(section, doc.createNode([node]));
    return;
  }
  // `clusters: []` as kubectl writes it.
  list.flow = false;
  list.add(node);
}
