# What a user without root can do: everything of the others, in namespaces of his own.

load common
load rootless

setup_file() { user_setup_file; }
teardown() { user_remove_all; }
teardown_file() { kill "$OUTSIDE_PID"; }

BB=localhost/busybox:latest

@test "networks: none, a bridge with a way outside, the machine's own" {
  [ "$(user skiff run --rm --network none $BB sh -c 'id -u; ls /sys/class/net')" = "0
lo" ]
  [[ "$(user skiff run --rm $BB ip -4 -o address show eth0)" == *" 10.89.0."* ]]
  [[ "$(user skiff run --rm --network host $BB ip -o address)" == *" $HERE/24 "* ]]
  mkdir "$BATS_TEST_TMPDIR/www"
  echo hello > "$BATS_TEST_TMPDIR/www/hello"
  outside busybox httpd -f -p 7000 -h "$BATS_TEST_TMPDIR/www" 3>&- &
  eventually 10 eval '[ "$(user skiff run --rm $BB wget -q -O - http://$OUTSIDE:7000/hello)" = hello ]'
  kill %1
}

@test "files of the container's users belong to the user's subordinate ids" {
  mkdir "$USER_HOME/data"
  chown $USER_ID:$USER_ID "$USER_HOME/data"
  user skiff run --rm --network none -v "$USER_HOME/data:/data" $BB sh -c 'echo a > /data/root; echo b > /data/app; chown 1000:1000 /data/app'
  [ "$(stat -c %u:%g "$USER_HOME/data/root")" = $USER_ID:$USER_ID ]
  [ "$(stat -c %u:%g "$USER_HOME/data/app")" = 100999:100999 ]
  [ "$(user skiff run --rm --network none -u 1000 $BB id -u)" = 1000 ]
}

@test "a folder that a container has replaced, and an image of it" {
  user skiff run --name replaced --network none $BB sh -c 'rm -r /home && mkdir /home && echo new > /home/file && rm /bin/vi'
  [ "$(user skiff diff replaced | sort)" = "$(printf 'A /home/file\nC /bin\nC /etc\nC /home\nD /bin/vi\nD /home/app\n' | sort)" ]
  user skiff commit -q replaced replaced:1
  [ "$(user skiff run --rm --network none localhost/replaced:1 sh -c 'ls /home; ls /bin/vi 2> /dev/null')" = file ]
  user skiff rmi localhost/replaced:1
}

@test "published ports: from this machine, from another one, of UDP; a taken one, one of root's" {
  user skiff run -d --name web -p 8080:80 -p 127.0.0.1:8081:80 -p 5001:5000/udp $BB sh -c 'mkdir /w; echo page > /w/index.html; exec httpd -f -p 80 -h /w'
  nsenter -n -t "$(user skiff inspect --format '{{.State.Pid}}' web)" perl -MIO::Socket::IP -e '
    my $s = IO::Socket::IP->new(LocalPort => 5000, Proto => "udp") or die; while (defined(my $peer = $s->recv(my $d, 100))) { $s->send("datagram", 0, $peer) }' 3>&- &
  for address in 127.0.0.1:8080 '[::1]:8080' $HERE:8080 127.0.0.1:8081; do
    eventually 5 eval '[ "$(curl -s http://$address/)" = page ]'
  done
  [ "$(outside curl -s http://$HERE:8080/)" = page ]
  run outside curl -s --max-time 2 http://$HERE:8081/
  [ "$status" -ne 0 ]
  ask='my $s = IO::Socket::IP->new(PeerHost => $ARGV[0], PeerPort => 5001, Proto => "udp"); $s->send("x"); alarm 5; $s->recv(my $d, 100); print $d'
  for address in 127.0.0.1 ::1 $HERE; do [ "$(perl -MIO::Socket::IP -e "$ask" $address)" = datagram ]; done
  [ "$(outside perl -MIO::Socket::IP -e "$ask" $HERE)" = datagram ]
  kill %1
  run user skiff run --rm -p 8080:80 $BB true
  [ "$status" -eq 126 ]
  output_has "port 8080/tcp is in use by pod web"
  busybox httpd -f -p 8090 3>&- &
  server=$!
  eventually 5 eval 'run user skiff run --rm -p 8090:80 $BB true; [ "$status" -eq 126 ]'
  output_has "port 8090/tcp is in use by"
  kill $server
  run user skiff run --rm -p 81:80 $BB true
  [ "$status" -eq 126 ]
  output_has "net.ipv4.ip_unprivileged_port_start"
}

@test "kube play: probes of all kinds, sidecar, Services, names; killed supervisors and reapers" {
  cat > "$USER_HOME/web.yaml" << 'YAML'
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{port: 80, targetPort: page, nodePort: 30080}]
---
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  terminationGracePeriodSeconds: 1
  initContainers:
    - {name: side, image: localhost/busybox:latest, command: [sleep, "1000"], restartPolicy: Always, volumeMounts: [{name: data, mountPath: /data}]}
  containers:
    - name: c
      image: localhost/busybox:latest
      command: [sh, -c, "mkdir /w; hostname > /w/index.html; exec httpd -f -p 8080 -h /w"]
      ports: [{name: page, containerPort: 8080}]
      startupProbe: {exec: {command: [test, -f, /w/index.html]}, periodSeconds: 1}
      readinessProbe: {httpGet: {path: /, port: page}, periodSeconds: 1}
      livenessProbe: {tcpSocket: {port: page}, periodSeconds: 1}
  volumes: [{name: data, emptyDir: {medium: Memory}}]
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec:
  hostNetwork: true
  terminationGracePeriodSeconds: 0
  containers:
    - name: c
      image: localhost/busybox:latest
      command: [sh, -c, "mkdir /w; exec httpd -f -p 7777 -h /w"]
      readinessProbe: {tcpSocket: {port: 7777}, periodSeconds: 1}
---
apiVersion: v1
kind: Pod
metadata: {name: asker}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: c, image: localhost/busybox:latest, command: [sleep, "1000"]}]
YAML
  user skiff kube play -q --wait=ready --timeout 60s "$USER_HOME/web.yaml"
  [ "$(user skiff kube get pods --no-headers | awk '{ print $1, $2, $3 }')" = "asker 1/1 Running
client 1/1 Running
web 2/2 Running" ]
  [ "$(user skiff exec asker-c wget -q -O - http://web/)" = web ]
  for address in 127.0.0.1 '[::1]' $HERE; do [ "$(curl -s --max-time 5 http://$address:30080/)" = web ]; done
  [ "$(outside curl -s --max-time 5 http://$HERE:30080/)" = web ]
  for program in skiff-supervisor skiff-reaper; do
    victims=$(pgrep -f "^[^ ]*/$program ")  # the name in /proc is cut
    [ -n "$victims" ]
    kill -9 $victims
    eventually 20 eval '[ "$(user skiff kube get pod web --no-headers | awk "{ print \$2, \$3, \$4 }")" = "2/2 Running 0" ] && [ "$(curl -s --max-time 5 http://127.0.0.1:30080/)" = web ]'
  done
  # A new sandbox gets its network in the user's namespaces too.
  kill -9 "$(jq .infraPid "/run/user/$USER_ID/skiff/pods/$(user skiff pod inspect -f '{{.Id}}' web)/status.json")"
  eventually 20 eval '[ "$(user skiff kube get pod web --no-headers | awk "{ print \$2, \$3 }")" = "2/2 Running" ] && [ "$(curl -s --max-time 5 http://127.0.0.1:30080/)" = web ]'
  [ "$(user skiff exec asker-c wget -q -O - http://web/)" = web ]
  # The probes go on: a page that is gone makes the pod unready.
  user skiff exec web-c rm /w/index.html
  eventually 20 eval '[ "$(user skiff kube get pod web --no-headers | awk "{ print \$2 }")" = 1/2 ]'
  user skiff kube down "$USER_HOME/web.yaml"
  [ -z "$(user skiff ps -aq)" ]
  eventually 10 eval '[ -z "$(pgrep "skiff-[rsd]")" ]'
  [ "$(pgrep -xc skiff-pause)" -eq 1 ]
  holder=$(pgrep -x skiff-pause)
  [ -z "$(nsenter -n -t "$holder" nft list ruleset)" ]
  [ "$(nsenter -n -t "$holder" ip -o link | awk -F': ' '{ print $2 }')" = "lo
here" ]
  [ -z "$(find $GROUPS_TOP -path '*/skiff/*' -type d)" ]
}

@test "what only the machine's root may do is done as far as a user can, or refused with the remedy" {
  # The kernel refuses a score below one that root gave us, as systemd gives one to the programs of users.
  (echo 200 > /proc/self/oom_score_adj; [ "$(user skiff run --rm --network none $BB cat /proc/self/oom_score_adj)" = 200 ])
  cat > "$USER_HOME/guaranteed.yaml" << 'YAML'
apiVersion: v1
kind: Pod
metadata: {name: guaranteed}
spec:
  hostPID: true
  terminationGracePeriodSeconds: 0
  containers:
    - {name: c, image: localhost/busybox:latest, command: [sleep, "1000"], resources: {limits: {cpu: 100m, memory: 64Mi}}}
YAML
  if [ -e /sys/fs/cgroup/cgroup.controllers ] && ! grep -q memory /sys/fs/cgroup/cgroup.controllers; then
    sed -i 's/, resources:.*/}/' "$USER_HOME/guaranteed.yaml"
  fi
  user skiff kube play -q --wait=ready --timeout 60s "$USER_HOME/guaranteed.yaml"
  [ "$(user skiff exec guaranteed-c cat /proc/1/comm)" = "$(cat /proc/1/comm)" ]
  user skiff kube down "$USER_HOME/guaranteed.yaml"
  run user skiff run --rm -p 9090:99/sctp $BB true
  [ "$status" -eq 126 ]
  output_has "without root SCTP cannot be relayed"
  run user skiff image mount $BB
  [ "$status" -eq 0 ]
  output_has "seen in your user namespace alone: nsenter"
  [[ "$(user $(sed -n 's/.*alone: //p' <<< "$output"))" == *bin* ]]
  user skiff image unmount $BB
  # Root is not led into a user's network.
  [[ "$(SKIFF_USER_NAMESPACE=$USER_ID:$(pgrep -xo skiff-pause) skiff info --format '{{.Store.GraphRoot}}')" == /var/lib/* ]]
}

@test "of the caller neither the umask nor descriptors are taken over" {
  (umask 077; user skiff volume create narrow)
  user skiff run --rm --network none -v narrow:/d $BB stat -c %a /d > "$BATS_TEST_TMPDIR/mode"
  [ "$(cat "$BATS_TEST_TMPDIR/mode")" = 755 ]
  user skiff volume rm narrow
  : > /run/locked
  chmod 666 /run/locked
  user skiff run -d $BB sleep 1000 9<> /run/locked
  [ -z "$(find $(pgrep 'skiff-|passt' | sed 's,.*,/proc/&/fd,') -lname /run/locked)" ]
}

@test "the way outside and the process that keeps the namespaces are killed" {
  user skiff run -d --name old --network none $BB sleep 1000
  kill -9 $(pgrep -f '^pasta ')
  eventually 5 eval '! pgrep -f "^pasta " > /dev/null'
  [[ "$(user skiff run --rm $BB ip -4 -o address show eth0)" == *" 10.89.0."* ]]
  [ "$(pgrep -cf '^pasta ')" -eq 1 ]
  nsenter -n -t "$(pgrep -x -U $USER_ID skiff-pause)" ip route get $OUTSIDE
  kill -9 $(pgrep -x -U $USER_ID skiff-pause)
  run user skiff ps -a --format '{{.Names}} {{.State}}'
  output_has "out of reach"
  output_has "old running"
  user skiff stop -t 0 old
  user skiff start old
  [ "$(user skiff exec old echo back)" = back ]
}

@test "a first command that is killed leaves nobody who waits for it" {
  mkdir -p "$USER_HOME/slow" /run/user/$USER_ID/killed
  chown $USER_ID /run/user/$USER_ID/killed
  printf '#!/bin/sh\n: > %s/began\nexec sleep 5\n' /run/user/$USER_ID/killed > "$USER_HOME/slow/newuidmap"
  chmod 755 "$USER_HOME/slow/newuidmap"
  user env PATH="$USER_HOME/slow:$PATH" XDG_RUNTIME_DIR=/run/user/$USER_ID/killed /run/bin/skiff ps > /dev/null 2>&1 3>&- &
  eventually 5 test -e /run/user/$USER_ID/killed/began
  first=$(pgrep -xo -U $USER_ID skiff)
  kill -9 "$first"
  eventually 5 eval '! pgrep -x -U $USER_ID skiff'
  wait
}

@test "what a user lacks: groups of his own, subordinate ids" {
  give_groups 0
  run user skiff run --rm --network none $BB true
  give_groups
  [ "$status" -eq 126 ]
  output_has "is not yours"
  [[ $output != *Warning* ]]
  output_has "Delegate=yes"
  # A systemd of the user's gives him some.
  mkdir -p "$USER_HOME/systemd" /run/user/$USER_ID/systemd
  : > /run/user/$USER_ID/systemd/private
  printf '#!/bin/sh\n[ "$1" = --help ] && cat %s/help || [ "$SKIFF_IN_SCOPE" = 1 ] && printf "%%s " "$@"\n' "$USER_HOME/systemd" > "$USER_HOME/systemd/systemd-run"
  : > "$USER_HOME/systemd/help"
  chmod 755 "$USER_HOME/systemd/systemd-run"
  give_groups 0
  run user env PATH="$USER_HOME/systemd:/usr/bin:/bin" /run/bin/skiff run --rm "$BB" echo 'two $words' ""
  echo "  --expand-environment=BOOL" > "$USER_HOME/systemd/help"
  told=$(user env PATH="$USER_HOME/systemd:/usr/bin:/bin" /run/bin/skiff run --rm "$BB" echo 'two $words')
  give_groups
  rm /run/user/$USER_ID/systemd/private
  [ "$output" = "--user --scope --quiet --collect --property=Delegate=yes -- /run/bin/skiff run --rm $BB echo two \$words  " ]
  [[ $told == *" --expand-environment=no -- /run/bin/skiff run "* ]]
  # Other namespaces, for which there are no ids.
  : > /run/subids
  run user env XDG_RUNTIME_DIR=/run/user/$USER_ID/other XDG_DATA_HOME=$USER_HOME/other skiff run --rm --network none $BB id -u
  echo "user:100000:65536" > /run/subids
  [ "$status" -eq 125 ]
  output_has "no subordinate ids"
  output_has "add-subuids"
}
