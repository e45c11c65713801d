import type { LabPaths } from '../box/paths.js';
import { inParallel } from '../box/pool.js';
import { restoreSysctls } from '../box/sysctls.js';
import type { OnProgress } from '../provider.js';
import { removeDisk, removeTree, unmountBelow } from './disk.js';
import { removeInventory } from './inventory.js';
import { powerOff } from './machine.js';
import { otherLabs, removeBridge, removeCable } from './network.js';
import { loadState, saveState } from './state.js';

/** `down` under the lab's lock: removes everything in the record, the record last, so that it can be repeated. */
export async function tearDown(paths: LabPaths, onProgress: OnProgress): Promise<void> {
  const lab = await loadState(paths);
  if (!lab) {
    onProgress({ stage: 'lab', text: 'there is none', over: true });
    return;
  }
  await inParallel(lab.machines, 4, async (machine) => {
    onProgress({ stage: machine.name, text: 'removing' });
    // Its disk will not be read again, so there is no clean shutdown.
    await powerOff(machine, paths, false);
    await removeCable(machine.name, paths);
    await removeDisk(machine.name, paths);
    machine.prepared = false;
    await saveState(paths, lab);
    onProgress({ stage: machine.name, text: 'removed', over: true });
  });
  await removeBridge(lab.subnet, paths);
  if (!(await otherLabs(paths))) await restoreSysctls(lab.sysctls);
  await removeInventory(lab.inventoryDir);
  await unmountBelow(paths.stateDir);
  await removeTree(paths.stateDir);
  onProgress({ stage: 'network', text: 'removed', over: true });
  onProgress({ stage: 'cache', text: `${paths.cacheDir} is kept, so that the next lab is up in seconds`, over: true });
}
