import BundleBuild from './bundle/build.js';
import BundleShow from './bundle/show.js';
import BundleVerify from './bundle/verify.js';
import Demo from './demo.js';
import Exec from './exec.js';
import InventoryGenerate from './inventory/generate.js';
import InventoryGraph from './inventory/graph.js';
import InventoryList from './inventory/list.js';
import InventoryShow from './inventory/show.js';
import InventoryValidate from './inventory/validate.js';
import KeysCheck from './keys/check.js';
import KeysDistribute from './keys/distribute.js';
import LabDown from './lab/down.js';
import LabSnapshot from './lab/snapshot.js';
import LabSsh from './lab/ssh.js';
import LabStart from './lab/start.js';
import LabStatus from './lab/status.js';
import LabStop from './lab/stop.js';
import LabUp from './lab/up.js';
import LabVagrantMachines from './lab/vagrant-machines.js';
import Provision from './provision.js';
import Run from './run.js';
import RunsAttach from './runs/attach.js';
import RunsList from './runs/list.js';
import RunsPrune from './runs/prune.js';
import RunsReport from './runs/report.js';
import RunsShow from './runs/show.js';
import Ssh from './ssh.js';

/** Every command by its id. The classes load their use case only when they run, so that --help stays quick. */
export const COMMANDS = {
  'bundle:build': BundleBuild,
  'bundle:show': BundleShow,
  'bundle:verify': BundleVerify,
  demo: Demo,
  exec: Exec,
  'inventory:generate': InventoryGenerate,
  'inventory:graph': InventoryGraph,
  'inventory:list': InventoryList,
  'inventory:show': InventoryShow,
  'inventory:validate': InventoryValidate,
  'keys:check': KeysCheck,
  'keys:distribute': KeysDistribute,
  'lab:down': LabDown,
  'lab:snapshot': LabSnapshot,
  'lab:ssh': LabSsh,
  'lab:start': LabStart,
  'lab:status': LabStatus,
  'lab:stop': LabStop,
  'lab:up': LabUp,
  'lab:vagrant-machines': LabVagrantMachines,
  provision: Provision,
  run: Run,
  'runs:attach': RunsAttach,
  'runs:list': RunsList,
  'runs:prune': RunsPrune,
  'runs:report': RunsReport,
  'runs:show': RunsShow,
  ssh: Ssh,
};
