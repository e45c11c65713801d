// Read by Node.js 10 and newer.
// biome-ignore lint/style/useNodejsImportProtocol: Node.js 10 knows no such names
const fs = require('fs');

/** Where a current Node.js comes from; the first row whose word is in ID or ID_LIKE of os-release(5) fits this machine. */
const WAYS = [
  [
    'fedora|rhel|centos',
    'sudo dnf module reset nodejs && sudo dnf module install nodejs:22    (RHEL and its relatives, 8 and 9)',
  ],
  ['suse', 'sudo zypper install nodejs22'],
  ['alpine', 'sudo apk add nodejs npm    (Alpine 3.21 or newer)'],
  ['arch', 'sudo pacman -S nodejs npm'],
  ['ubuntu', 'sudo snap install node --classic --channel=22/stable'],
  ['debian', 'sudo apt install nodejs npm    (Debian 13); on Debian 11 and 12: sudo npm install -g n && sudo n 22'],
  ['darwin', 'brew install node'],
];
const ANYWHERE = 'nvm install 22    (https://github.com/nvm-sh/nvm), or a download from https://nodejs.org';

/** What to print instead of starting. `process`: version, platform and release of this Node.js. */
exports.message = (process) => {
  const here = process.platform === 'darwin' ? 'darwin' : family();
  const own = WAYS.filter(([words]) => here !== '' && new RegExp(words).test(here)).slice(0, 1);
  const ways = own.length > 0 ? own : WAYS;
  return [
    `error: Node.js ${process.version} is too old for kubewright`,
    '  why:  It needs Node.js 20.19 or newer',
    `  hint: Install one: ${ways.map((way) => way[1]).join('\n                     ')}`,
    `        anywhere:    ${ANYWHERE}`,
  ].join('\n');
};

function family() {
  try {
    const text = fs.readFileSync('/etc/os-release', 'utf8');
    return (text.match(/^ID(_LIKE)?=.*$/gm) || []).join(' ');
  } catch {
    return '';
  }
}
