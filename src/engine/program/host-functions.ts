/**
 * Shell functions that the scripts of lock, launch and follower share. POSIX, and builtins only: they read `/proc` and start
 * nothing.
 */
export const HOST_FUNCTIONS = `
# kw_st: when that process was started, in ticks since boot; empty: there is none, or a zombie.
kw_start_of() { # pid
  kw_st=
  read -r kw_l 2>/dev/null <"/proc/$1/stat" || return 1
  # The name in parentheses may hold anything.
  kw_l=${'$'}{kw_l##*) }
  case $kw_l in Z*) return 1 ;; esac
  kw_i=3
  while [ $kw_i -lt 22 ]; do kw_l=${'$'}{kw_l#* } kw_i=$((kw_i + 1)); done
  kw_st=${'$'}{kw_l%% *}
}

# Whether a program (folder) is at work, and kw_p, its process. The start time tells it from a later process with its number.
kw_alive() { # dir
  for kw_f in pid main; do
    kw_p= kw_s=
    read -r kw_p kw_s 2>/dev/null <"$1/$kw_f" || :
    if [ -n "$kw_p" ] && kw_start_of "$kw_p" && [ "$kw_st" = "$kw_s" ]; then return 0; fi
  done
  kw_p=
  return 1
}

kw_boot_id() { # sets kw_boot
  kw_boot=
  read -r kw_boot 2>/dev/null </proc/sys/kernel/random/boot_id || kw_boot=none
}
`;
