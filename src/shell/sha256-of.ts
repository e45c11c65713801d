/**
 * A function of the shell: `sha256_of FILE` prints the sum in hex. For big files: openssl uses the CPU's own instructions for it where there
 * are any, which the sha256sum of Debian 12 does not, and takes a sixth of its time then. For small ones sha256sum starts faster.
 * Where openssl fails or prints anything else, sha256sum is asked.
 */
export const SHA256_OF = `sha256_of() {
  kw_hash=$(openssl dgst -sha256 -r <"$1" 2>/dev/null) || kw_hash=
  kw_hash=\${kw_hash%% *}
  if [ "\${#kw_hash}" -ne 64 ]; then
    kw_hash=$(sha256sum <"$1") || return 1
    kw_hash=\${kw_hash%% *}
  fi
  printf '%s\\n' "$kw_hash"
}`;
