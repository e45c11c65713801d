#!/usr/bin/python3
"""Writes down what Ansible says, for the tests that run without it.

  test/oracle/record.py          writes the files anew
  test/oracle/record.py --check  writes nothing; names the files that would change, and then ends with 1

- test/corpus/inventory/*/expected.json: what `ansible-inventory --list` prints; no file: Ansible refuses the inventory.
- test/oracle/jinja-corpus.json: `value` or `fails` of each template. A new case needs its template only.
- test/oracle/exact.json: the values of the variables r_… of exact.yml.

Versions: Debian 12's ansible-core 2.14 with ansible.utils and python3-netaddr. The repository's Biome formats the JSON.
"""
import json
import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CORPUS = ROOT / 'test/corpus/inventory'
ENV = {k: v for k, v in os.environ.items() if not k.startswith('ANSIBLE_') or k == 'ANSIBLE_COLLECTIONS_PATH'}
ENV.update(ANSIBLE_CONFIG=str(HERE / 'ansible.cfg'), PYTHONIOENCODING='utf-8:surrogatepass')


def ask(driver, questions):
    """Asks one of the oracles everything at once."""
    lines = ''.join(json.dumps(q) + '\n' for q in questions)
    run = subprocess.run(
        ['/usr/bin/python3', str(HERE / driver)], input=lines, env=ENV, stdout=subprocess.PIPE, check=True, encoding='utf-8',
        errors='surrogatepass',
    )
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    if len(answers) != len(questions):
        sys.exit(f'{driver} answered {len(answers)} of {len(questions)} questions')
    return answers


def question(case):
    """The same paths as test/support/inventory-corpus.ts gives."""
    spec = json.loads((case / 'case.json').read_text())
    return {
        'ask': 'list',
        'sources': [s if ',' in s else str(case / s) for s in spec['sources']],
        'extra': [f'@{case / e[1:]}' if e.startswith('@') else e for e in spec.get('extra', [])],
        'playbook': str(case / spec['playbook']) if 'playbook' in spec else None,
    }


def refused(answer):
    """Ansible failed, or passed over a file that it could not read."""
    return 'error' in answer or any(re.search('Unable to parse|No inventory was parsed', w) for w in answer['warnings'])


def formatted(value, path):
    text = json.dumps(value, indent=2, ensure_ascii=False)
    biome = [str(ROOT / 'node_modules/.bin/biome'), 'format', f'--stdin-file-path={path.relative_to(ROOT)}']
    return subprocess.run(biome, input=text, cwd=ROOT, stdout=subprocess.PIPE, check=True, encoding='utf-8').stdout


def recorded():
    """Each file and what belongs into it; None: there must be none."""
    cases = sorted(p.parent for p in CORPUS.glob('*/case.json'))
    for case, answer in zip(cases, ask('inventory_oracle.py', [question(c) for c in cases])):
        yield case / 'expected.json', None if refused(answer) else answer['text']

    path = HERE / 'jinja-corpus.json'
    corpus = json.loads(path.read_text())
    answers = ask('templar.py', [{'template': c['template'], 'vars': corpus['vars']} for c in corpus['cases']])
    corpus['cases'] = [
        {'template': c['template'], **({'fails': True} if 'error' in a else {'value': a['value']})}
        for c, a in zip(corpus['cases'], answers)
    ]
    yield path, formatted(corpus, path)

    yaml = (HERE / 'exact.yml').read_text()
    names = re.findall(r'^(r_\w+):', yaml, re.MULTILINE)
    answers = ask('templar.py', [{'template': '{{ %s }}' % n, 'yaml': yaml} for n in names])
    failed = [n for n, a in zip(names, answers) if 'error' in a]
    if failed:
        sys.exit(f'exact.yml: Ansible cannot render {", ".join(failed)}')
    yield HERE / 'exact.json', formatted({n: a['value'] for n, a in zip(names, answers)}, HERE / 'exact.json')


def main():
    check = sys.argv[1:] == ['--check']
    if sys.argv[1:] and not check:
        sys.exit(__doc__)
    same = differs = 0
    for path, text in recorded():
        wanted = None if text is None else text.encode('utf-8', 'surrogatepass')
        there = path.read_bytes() if path.exists() else None
        if wanted == there:
            same += 1
            continue
        differs += 1
        print(f'{path.relative_to(ROOT)}: {"is not there" if there is None else "differs" if wanted else "must not be there"}')
        if check:
            continue
        if wanted is None:
            path.unlink()
        else:
            path.write_bytes(wanted)
    print(f'{same} as they were, {differs} {"would change" if check else "written"}')
    return 1 if check and differs else 0


sys.exit(main())
