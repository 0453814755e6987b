# A user without root in the sandbox, with subordinate ids, control groups of his own and, at 192.0.2.2, another machine.

user_setup_file() {
  common_setup_file
  export USER_ID=1234 USER_HOME=/run/home OUTSIDE=192.0.2.2 HERE=192.0.2.1
  mkdir -p /run/bin /run/images "$USER_HOME" /run/user/$USER_ID
  chmod 755 /run
  # What is above them may be closed to other users.
  mount --bind "$SKIFF_BIN" /run/bin
  mount --bind "$SKIFF_TEST_IMAGES" /run/images
  { cat /etc/passwd; echo "user:x:$USER_ID:$USER_ID::$USER_HOME:/bin/bash"; } > /run/passwd
  { cat /etc/group; echo "user:x:$USER_ID:"; } > /run/group
  echo "user:100000:65536" > /run/subids
  touch /etc/subuid /etc/subgid
  mount --bind /run/passwd /etc/passwd
  mount --bind /run/group /etc/group
  mount --bind /run/subids /etc/subuid
  mount --bind /run/subids /etc/subgid
  mknod -m 666 /run/tun c 10 200
  mkdir -p /dev/net
  [ -e /dev/net/tun ] || : > /dev/net/tun
  mount --bind /run/tun /dev/net/tun
  chown $USER_ID:$USER_ID "$USER_HOME" /run/user/$USER_ID
  chmod 700 /run/user/$USER_ID
  give_groups
  ip link add here type veth peer name there
  unshare --net sleep 10000 3>&- &
  export OUTSIDE_PID=$!
  eventually 5 eval '[ "$(readlink /proc/$OUTSIDE_PID/ns/net)" != "$(readlink /proc/self/ns/net)" ]'
  ip link set there netns $OUTSIDE_PID
  outside ip address add $OUTSIDE/24 dev there
  outside ip link set there up
  outside ip link set lo up
  ip address add $HERE/24 dev here
  ip link set here up
  ip route add default via $OUTSIDE
  user skiff image load -q -i /run/images/busybox.tar > /dev/null
}

outside() { nsenter -n -t "$OUTSIDE_PID" "$@"; }

# Of v2 a part of the tree, as systemd gives it to users; else the sandbox's own part of every one.
give_groups() {  # [OWNER]
  GROUPS_TOP=/sys/fs/cgroup OWN_GROUP=
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    GROUPS_TOP=/sys/fs/cgroup/user.slice/user@$USER_ID.service OWN_GROUP=$GROUPS_TOP/app.slice
    mkdir -p $OWN_GROUP
  fi
  export GROUPS_TOP OWN_GROUP
  chown -R "${1:-$USER_ID}" $GROUPS_TOP
}

user() {  # COMMAND...: as the user, with nothing of our environment
  env -i HOME=$USER_HOME XDG_RUNTIME_DIR=/run/user/$USER_ID PATH=/run/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    sh -c '[ -z "$0" ] || echo $$ > "$0/cgroup.procs"; exec "$@"' "$OWN_GROUP" \
    setpriv --reuid $USER_ID --regid $USER_ID --clear-groups timeout 120 "$@"
}

user_remove_all() {
  user skiff pod rm -f -t 0 -a > /dev/null
  user skiff rm -f -t 0 -a > /dev/null
}
