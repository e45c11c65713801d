import type { Warning } from '../../base/errors.js';
import type { ConfigSections, ConfigValue } from './config-parser.js';

/** A setting that changes where a connection goes or what a variable is, and that has no effect here. */
export interface Ineffective {
  /** `section.key` in ansible.cfg; undefined: there is only a variable. */
  readonly keys: readonly string[];
  readonly variables: readonly string[];
  /** Values that come to what happens here anyway. */
  readonly harmless?: RegExp;
  readonly instead: string;
}

const FALSE = /^(no|off|0|false|n|f)$/i;
const TRUE = /^(yes|on|1|true|y|t)$/i;

/** Source: `ansible-config list` of ansible-core 2.14, and the options of its ssh, sudo, su, paramiko and vars plugins. */
export const INEFFECTIVE: readonly Ineffective[] = [
  {
    keys: ['defaults.transport'],
    variables: ['ANSIBLE_TRANSPORT'],
    harmless: /^(ansible\.builtin\.)?(ssh|smart|paramiko(_ssh)?)$/,
    instead: 'Set ansible_connection in the inventory',
  },
  {
    keys: ['ssh_connection.ssh_executable'],
    variables: ['ANSIBLE_SSH_EXECUTABLE'],
    harmless: /^(\/usr\/bin\/)?ssh$/,
    instead: 'Kubewright connects by itself, not with a program; write a ProxyCommand where that one takes another way',
  },
  {
    keys: ['ssh_connection.sshpass_prompt'],
    variables: ['ANSIBLE_SSHPASS_PROMPT'],
    instead: 'Remove it: a password is given whatever the prompt is',
  },
  {
    keys: ['ssh_connection.pkcs11_provider'],
    variables: ['ANSIBLE_PKCS11_PROVIDER'],
    instead: 'Load the token into an agent: ssh-add -s PROVIDER',
  },
  {
    keys: ['paramiko_connection.proxy_command'],
    variables: ['ANSIBLE_PARAMIKO_PROXY_COMMAND'],
    instead: 'Write it as -o ProxyCommand in ansible_ssh_common_args',
  },
  ...['sudo', 'su', 'doas'].map(
    (method): Ineffective => ({
      keys: ['user', 'executable', 'flags', 'password'].map((k) => `${method}_become_plugin.${k}`),
      variables: ['USER', 'EXE', 'FLAGS', 'PASS'].map((k) => `ANSIBLE_${method.toUpperCase()}_${k}`),
      instead: 'Set become_user, become_exe or become_flags in [privilege_escalation]; a password in ansible_become_password',
    }),
  ),
  {
    keys: [],
    variables: ['ANSIBLE_BECOME_PASS'],
    instead: 'Use KUBEWRIGHT_BECOME_PASSWORD or --ask-become-pass',
  },
  {
    keys: ['defaults.become_password_file'],
    variables: ['ANSIBLE_BECOME_PASSWORD_FILE'],
    instead: 'Use KUBEWRIGHT_BECOME_PASSWORD or --ask-become-pass',
  },
  {
    keys: ['defaults.connection_password_file'],
    variables: ['ANSIBLE_CONNECTION_PASSWORD_FILE'],
    instead: 'Use KUBEWRIGHT_SSH_PASSWORD or --ask-pass',
  },
  { keys: ['defaults.su'], variables: ['ANSIBLE_SU'], harmless: FALSE, instead: 'Set become_method: su' },
  {
    keys: ['privilege_escalation.become_allow_same_user'],
    variables: ['ANSIBLE_BECOME_ALLOW_SAME_USER'],
    harmless: FALSE,
    instead: 'Remove it: who is the wanted user already does not become it again',
  },
  {
    keys: ['defaults.executable'],
    variables: ['ANSIBLE_EXECUTABLE'],
    harmless: /^(\/usr)?\/bin\/(sh|bash|dash)$/,
    instead: 'Remove it: programs run in sh',
  },
  {
    keys: ['defaults.hash_behaviour'],
    variables: ['ANSIBLE_HASH_BEHAVIOUR'],
    harmless: /^replace$/,
    instead: 'Write maps out in full where they are set last: they replace each other here',
  },
  {
    keys: ['defaults.precedence'],
    variables: ['ANSIBLE_PRECEDENCE'],
    harmless:
      /^all_inventory,\s*groups_inventory,\s*all_plugins_inventory,\s*all_plugins_play,\s*groups_plugins_inventory,\s*groups_plugins_play$/,
    instead: 'Remove it: variables have the usual order here',
  },
  {
    keys: ['defaults.vars_plugins_enabled', 'defaults.vars_plugins'],
    variables: ['ANSIBLE_VARS_ENABLED', 'ANSIBLE_VARS_PLUGINS'],
    harmless: /^(ansible\.builtin\.)?host_group_vars$/,
    instead: 'Put the variables into group_vars and host_vars',
  },
  {
    keys: ['defaults.playbook_vars_root', 'defaults.playbook_dir'],
    variables: ['ANSIBLE_PLAYBOOK_VARS_ROOT', 'ANSIBLE_PLAYBOOK_DIR'],
    harmless: /^top$/,
    instead: 'Keep group_vars beside the playbook or the inventory',
  },
  {
    keys: ['inventory.enable_plugins', 'defaults.inventory_plugins'],
    variables: ['ANSIBLE_INVENTORY_ENABLED', 'ANSIBLE_INVENTORY_PLUGINS'],
    harmless: /^((ansible\.builtin\.)?(host_list|script|auto|yaml|ini|toml)\s*(,\s*|$))+$/,
    instead: 'Give the result of the plugin: ansible-inventory --list -y --output hosts.yml',
  },
  {
    keys: ['defaults.yaml_valid_extensions'],
    variables: ['ANSIBLE_YAML_FILENAME_EXT'],
    harmless: /^\W*\.ya?ml\W+\.ya?ml(\W+\.json\W*)?$/,
    instead: 'Name files of variables .yml, .yaml or .json',
  },
  {
    keys: ['defaults.force_valid_group_names'],
    variables: ['ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS'],
    harmless: /^(never|ignore)$/,
    instead: 'Rename the groups: their names stay as they are here',
  },
  {
    keys: ['defaults.jinja2_native'],
    variables: ['ANSIBLE_JINJA2_NATIVE'],
    harmless: FALSE,
    instead: 'Write filters for the types that you need (| int, | bool)',
  },
  {
    keys: ['defaults.jinja2_extensions', 'defaults.filter_plugins', 'defaults.test_plugins', 'defaults.lookup_plugins'],
    variables: ['ANSIBLE_JINJA2_EXTENSIONS', 'ANSIBLE_FILTER_PLUGINS', 'ANSIBLE_TEST_PLUGINS', 'ANSIBLE_LOOKUP_PLUGINS'],
    harmless: /^$/,
    instead: 'Use the filters and tests of Ansible itself: programs are not loaded',
  },
  {
    keys: ['defaults.error_on_undefined_vars'],
    variables: ['ANSIBLE_ERROR_ON_UNDEFINED_VARS'],
    harmless: TRUE,
    instead: 'Give the variable a default: an undefined one is an error here',
  },
  {
    keys: ['defaults.null_representation'],
    variables: ['ANSIBLE_NULL_REPRESENTATION'],
    instead: 'Remove it: null stays null',
  },
  {
    keys: ['jinja2.dont_type_filters'],
    variables: ['ANSIBLE_STRING_TYPE_FILTERS'],
    instead: 'Remove it',
  },
  {
    keys: ['defaults.vault_identity_list', 'defaults.vault_identity', 'defaults.vault_id_match'],
    variables: ['ANSIBLE_VAULT_IDENTITY_LIST', 'ANSIBLE_VAULT_IDENTITY', 'ANSIBLE_VAULT_ID_MATCH'],
    harmless: /^(default|no|false)$/i,
    instead: 'Use --vault-id or vault_password_file',
  },
  {
    keys: ['defaults.ask_vault_pass'],
    variables: ['ANSIBLE_ASK_VAULT_PASS'],
    harmless: /./,
    instead: 'The password is asked for where one is needed',
  },
  {
    keys: ['tags.run', 'tags.skip'],
    variables: ['ANSIBLE_RUN_TAGS', 'ANSIBLE_SKIP_TAGS'],
    instead: 'Use --tags and --skip-tags',
  },
];

/** One for each setting that is set, is not harmless and has no effect. */
export function configWarnings(
  sections: ConfigSections | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Warning[] {
  return INEFFECTIVE.flatMap(({ keys, variables, harmless, instead }) => {
    const inFile = keys.flatMap((key) => {
      const [section = '', name = ''] = key.split('.');
      const value = sections?.get(section)?.get(name);
      return value === undefined ? [] : [{ name, value }];
    });
    const inEnv = variables.flatMap((name) => {
      const text = env[name];
      const value: ConfigValue = { text: text ?? '', source: { file: name, line: 0, column: 0 } };
      return text === undefined ? [] : [{ name, value }];
    });
    return [...inFile, ...inEnv]
      .filter(({ value }) => value.text.trim() !== '' && !harmless?.test(value.text.trim()))
      .map(({ name, value }): Warning => ({ what: `${name} has no effect here`, where: value.source, fix: instead }));
  });
}
