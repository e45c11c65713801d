import type { Role } from '../role.js';
import { client } from './client.js';
import { headlamp } from './headlamp.js';
import { insecureDashboard } from './insecure-dashboard.js';
import { localPath } from './local-path.js';
import { metricsServer } from './metrics-server.js';

/** What is installed on top of a cluster, a role each. A play of `playbooks/cluster.yml` names it. */
export const APPS: readonly Role[] = [client, metricsServer, localPath, headlamp, insecureDashboard];
