#!/usr/bin/env python3
"""Asks Ansible many questions about inventories in one process: starting it takes a second each time.

Reads one JSON object a line and prints one a line:
  {"sources": [...], "extra": [...], "playbook": DIR or null, "ask": "list" | "graph" | "vars-graph" | "host" | "patterns",
   "host": NAME, "patterns": [...], "subset": PATTERN or null}
  -> {"text": ...} or {"hosts": [[...] or null, ...]} or {"error": ...}, and "warnings": [...]
"""
import json
import os
import sys

os.environ.setdefault('ANSIBLE_LOCALHOST_WARNING', 'False')

# ansible.cli must come first.
from ansible.cli.inventory import InventoryCLI
from ansible import context
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.vars import host_group_vars  # noqa: F401  (loaded so that its cache exists)
from ansible.utils.display import Display
from ansible.utils.context_objects import CLIArgs
from ansible.utils.path import unfrackpath
from ansible.vars.manager import VariableManager
from ansible.plugins.loader import vars_loader

display = Display()
warnings = []


def keep(self, msg, *args, **kwargs):
    warnings.append(str(msg))


Display.warning = keep
Display.error = keep
Display.deprecated = lambda *a, **k: None


def forget():
    """Ansible keeps what it found in files by name."""
    for plugin in vars_loader.all():
        found = getattr(sys.modules[plugin.__class__.__module__], 'FOUND', None)
        if found is not None:
            found.clear()


def answer(q):
    args = {
        'list': True, 'host': None, 'graph': False, 'yaml': False, 'toml': False, 'show_vars': q['ask'] == 'vars-graph',
        'export': False, 'basedir': q.get('playbook'), 'extra_vars': tuple(q.get('extra') or ()), 'pattern': 'all',
        'output_file': None, 'vault_ids': (), 'inventory': tuple(q['sources']), 'verbosity': 0,
    }
    context.CLIARGS = CLIArgs(args)
    forget()
    loader = DataLoader()
    if q.get('playbook'):
        loader.set_basedir(q['playbook'])
    sources = [s if ',' in s else unfrackpath(s, follow=False) for s in q['sources']]
    inventory = InventoryManager(loader=loader, sources=sources)
    if q['ask'] == 'patterns':
        out = []
        for pattern in q['patterns']:
            inventory.clear_pattern_cache()
            inventory.clear_caches()
            try:
                inventory.subset(q.get('subset'))
                out.append([h.name for h in inventory.get_hosts(pattern)])
            except Exception as e:
                out.append({'error': str(e)})
        return {'hosts': out}
    cli = InventoryCLI.__new__(InventoryCLI)
    cli.loader, cli.inventory = loader, inventory
    cli.vm = VariableManager(loader=loader, inventory=inventory, version_info=None)
    if q['ask'] == 'host':
        hosts = inventory.get_hosts(q['host'])
        if len(hosts) != 1:
            return {'error': 'You must pass a single valid host to --host parameter'}
        return {'text': cli.dump(cli._get_host_variables(host=hosts[0]))}
    if q['ask'] in ('graph', 'vars-graph'):
        return {'text': cli.inventory_graph()}
    return {'text': cli.dump(cli.json_inventory(cli._get_group('all')))}


def main():
    for line in sys.stdin:
        del warnings[:]
        q = json.loads(line)
        try:
            os.chdir(q['cwd'] if q.get('cwd') else '/')
            result = answer(q)
        except BaseException as e:
            if isinstance(e, KeyboardInterrupt):
                raise
            result = {'error': '%s: %s' % (type(e).__name__, e)}
        result['warnings'] = list(warnings)
        print(json.dumps(result), flush=True)


main()
