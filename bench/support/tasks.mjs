import { sha256 } from './lab.mjs';

/**
 * 41 tasks of the kinds that an installation is made of, each as a shell check with its repair (ours and plain ssh) and as Ansible
 * writes the same: 14 files with content, 10 directories, 7 links, 10 questions.
 *
 * @returns {{name: string, check: string, run: string, ansible: Record<string, unknown>}[]}
 */
export function fortyOneTasks(dir = '/opt/kubewright-bench') {
  const directories = range(10).map((i) => {
    const path = `${dir}/d${i}`;
    return {
      name: `Directory ${i}`,
      check: `[ "$(stat -c %a ${path} 2>/dev/null)" = 750 ]`,
      run: `mkdir -p ${path} && chmod 750 ${path}`,
      ansible: { file: { path, state: 'directory', mode: '0750' } },
    };
  });
  const files = range(14).map((i) => {
    const path = `${dir}/d${i % 10}/file${i}.conf`;
    const content = `${range(20)
      .map((n) => `setting_${n} = ${i * 100 + n}`)
      .join('\n')}\n`;
    return {
      name: `File ${i}`,
      check: `[ "$(sha256sum <${path} 2>/dev/null)" = '${sha256(content)}  -' ] && [ "$(stat -c %a ${path})" = 640 ]`,
      run: `umask 077; cat >${path}.new <<'END'\n${content}END\nchmod 640 ${path}.new && mv ${path}.new ${path}`,
      ansible: { copy: { dest: path, content, mode: '0640' } },
    };
  });
  const links = range(7).map((i) => ({
    name: `Link ${i}`,
    check: `[ "$(readlink ${dir}/link${i})" = ${dir}/d${i} ]`,
    run: `ln -sfn ${dir}/d${i} ${dir}/link${i}`,
    ansible: { file: { path: `${dir}/link${i}`, src: `${dir}/d${i}`, state: 'link' } },
  }));
  const questions = range(10).map((i) => ({
    name: `Question ${i}`,
    check: `grep -q '^setting_1 = ${i * 100 + 1}$' ${dir}/d${i}/file${i}.conf`,
    run: 'false',
    ansible: { command: `grep -q '^setting_1 = ${i * 100 + 1}$' ${dir}/d${i}/file${i}.conf`, changed_when: false },
  }));
  return [...directories, ...files, ...links, ...questions];
}

function range(n) {
  return Array.from({ length: n }, (_, i) => i);
}
