/** What an option of ssh_config means here. */
export type Meaning = 'honoured' | 'irrelevant' | 'ignored' | 'unknown';

const HONOURED = new Set(
  `addressfamily bindaddress certificatefile challengeresponseauthentication checkhostip ciphers connecttimeout
  globalknownhostsfile hashknownhosts hostkeyalgorithms hostkeyalias hostname identitiesonly identityagent identityfile
  kbdinteractiveauthentication kexalgorithms macs passwordauthentication port preferredauthentications proxycommand proxyjump
  pubkeyacceptedalgorithms pubkeyacceptedkeytypes pubkeyauthentication serveralivecountmax serveraliveinterval
  stricthostkeychecking user userknownhostsfile`.split(/\s+/),
);

/** No effect on commands without a terminal over a connection that stays open. */
const IRRELEVANT = new Set(
  `addkeystoagent batchmode canonicaldomains canonicalizefallbacklocal canonicalizemaxdots canonicalizepermittedcnames
  clearallforwardings compression connectionattempts controlmaster controlpath controlpersist dynamicforward
  enableescapecommandline enablesshkeysign escapechar exitonforwardfailure fingerprinthash forkafterauthentication forwardx11
  forwardx11timeout forwardx11trusted gatewayports gssapiauthentication gssapiclientidentity gssapidelegatecredentials
  gssapikexalgorithms gssapikeyexchange gssapirenewalforcesrekey gssapiserveridentity gssapitrustdns hostbasedacceptedalgorithms
  hostbasedauthentication hostbasedkeytypes ignoreunknown ipqos localcommand localforward loglevel logverbose
  nohostauthenticationforlocalhost numberofpasswordprompts obscurekeystroketiming permitlocalcommand permitremoteopen
  proxyusefdpass rekeylimit remoteforward requesttty securitykeyprovider sendenv sessiontype setenv stdinnull
  streamlocalbindmask streamlocalbindunlink syslogfacility tag tcpkeepalive tunnel tunneldevice updatehostkeys useroaming
  usekeychain userroaming versionaddendum visualhostkey xauthlocation`.split(/\s+/),
);

/** They matter, but are not supported. */
const IGNORED = new Set(
  `bindinterface casignaturealgorithms canonicalizehostname forwardagent knownhostscommand pkcs11provider refuseconnection
  remotecommand requiredrsasize revokedhostkeys smartcarddevice verifyhostkeydns`.split(/\s+/),
);

export function meaningOf(keyword: string, value: string): Meaning {
  if (HONOURED.has(keyword)) return 'honoured';
  if (IRRELEVANT.has(keyword)) return 'irrelevant';
  if (!IGNORED.has(keyword)) return 'unknown';
  return /^(no|none|false)$/i.test(value) ? 'irrelevant' : 'ignored';
}
