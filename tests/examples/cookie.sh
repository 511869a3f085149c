# Finds what a test has left behind: every process that carries the cookie in its environment,
# whatever its name is. Sourced; sets COOKIE and puts it into the environment.
COOKIE="MUSTER_TEST_COOKIE=$$-$RANDOM$RANDOM"
export "${COOKIE?}"

# Prints the ids of the processes with the cookie, but for this shell and its children that look.
left_behind() {
  local environment pid
  for environment in /proc/[0-9]*/environ; do
    pid=${environment#/proc/}
    pid=${pid%/environ}
    # Processes end while one looks, and others' can't be read.
    if grep --null-data --quiet --line-regexp -e "$COOKIE" "$environment" &&
      [[ $pid != "$$" && $(ps -o ppid= -p "$pid" | tr -d ' ') != "$$" ]]; then
      echo "$pid"
    fi
  done 2>/dev/null
}

expect_nothing_left() {
  local pids
  pids=$(left_behind)
  if [[ -n $pids ]]; then
    echo "left behind:" >&2
    # shellcheck disable=SC2086
    ps -o pid,ppid,stat,args -p "$(echo $pids | tr ' ' ,)" >&2
    exit 1
  fi
}
