# The bridge, addresses and published ports, seen from clients around it.

load common

setup_file() { common_setup_file; }
teardown() {
  remove_all
  ip link del uplink 2> /dev/null || true  # the namespace itself goes later than its name
  ip netns del other 2> /dev/null || true
}

server_yaml() {  # NAME HOSTPORT [HOSTIP]
  cat << YAML
apiVersion: v1
kind: Pod
metadata: {name: $1}
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: c
      image: localhost/busybox:latest
      command: [sh, -c, "mkdir /w; echo page-of-$1 > /w/index.html; exec httpd -f -v -p 80 -h /w"]
      ports: [{containerPort: 80, hostPort: $2${3:+, hostIP: $3}}]
YAML
}

listens() { ss -Hltn "sport = :$1" | grep -q .; }  # PORT
fetch() { wget -q -T 20 -t 1 -O - "http://$1/"; }
address_of() { skiff inspect --format '{{.NetworkSettings.IPAddress}}' "$1"; }

other_host() {  # a client machine beside us, 192.0.2.2 seen from 192.0.2.1
  ip netns add other
  ip link add uplink type veth peer name eth0 netns other
  ip addr add 192.0.2.1/24 dev uplink
  ip link set uplink up
  ip -n other addr add 192.0.2.2/24 dev eth0
  ip -n other link set eth0 up
  ip -n other link set lo up
  ip -n other route add default via 192.0.2.1
}

@test "a published port answers from localhost, the host's address, another host, another pod and the pod itself" {
  other_host
  server_yaml web 8080 | play
  eventually 5 fetch 127.0.0.1:8080
  [ "$(fetch 127.0.0.1:8080)" = page-of-web ]
  [ "$(fetch 192.0.2.1:8080)" = page-of-web ]
  [ "$(ip netns exec other wget -q -T 20 -t 1 -O - http://192.0.2.1:8080/)" = page-of-web ]
  # The client's address is kept.
  eventually 3 sh -c 'skiff logs web-c 2>&1 | grep -q 192.0.2.2'
  [ "$(in_pod web c wget -q -O - http://192.0.2.1:8080/)" = page-of-web ]
  server_yaml second 8081 | play
  [ "$(in_pod second c wget -q -O - http://192.0.2.1:8080/)" = page-of-web ]
  [ "$(in_pod second c wget -q -O - "http://$(address_of web-c)/")" = page-of-web ]
}

@test "when the command that removes the last pods returns, nothing of the network is left" {
  local i
  for i in 1 2 3; do
    skiff run -d --name gone1 -p 18081:80 localhost/busybox:latest sleep 1000
    skiff run -d --name gone2 -p 18082:80 localhost/busybox:latest sleep 1000
    skiff rm -f -t 0 -a
    # At once: no waiting here.
    [ -z "$(nft list tables)" ]
    ! ip -o link | grep -E 'skiff|veth' || false
  done
}

@test "pods reach other hosts behind the host's address" {
  other_host
  ip netns exec other busybox httpd -f -v -p 9000 -h /etc 2> "$BATS_TEST_TMPDIR/log" 3>&- &
  server_yaml out 8080 | play
  eventually 5 in_pod out c wget -q -O - http://192.0.2.2:9000/hostname
  eventually 5 grep -q '192.0.2.1' "$BATS_TEST_TMPDIR/log"
  kill %1
}

@test "a pod does not reach services that listen on 127.0.0.1 only" {
  busybox httpd -f -p 127.0.0.1:9001 -h /etc 3>&- &
  server_yaml guard 8080 | play
  eventually 5 listens 9001
  gateway=$(in_pod guard c ip route | awk '/default/ {print $3}')
  run in_pod guard c timeout 2 wget -q -O - "http://$gateway:9001/hostname"
  [ "$status" -ne 0 ]
  in_pod guard c ip route add 127.0.0.1 via "$gateway" || true
  kill %1
}

@test "hostIP limits a published port to that address" {
  other_host
  server_yaml local 8080 127.0.0.1 | play
  eventually 5 fetch 127.0.0.1:8080
  run fetch 192.0.2.1:8080
  [ "$status" -ne 0 ]
}

@test "a taken port is refused at once, with the name of its holder, and leaves nothing" {
  busybox httpd -f -p 8090 -h /etc 3>&- &
  pid=$!
  eventually 5 listens 8090
  run play < <(server_yaml taken 8090)
  [ "$status" -eq 125 ]
  output_has 8090
  output_has "$pid"
  output_has busybox
  assert_nothing_left
  kill "$pid"
  server_yaml first 8091 | play
  run play < <(server_yaml second 8091)
  [ "$status" -eq 125 ]
  output_has first
}

@test "--publish overrides, --network none gives only lo, UDP works" {
  run play --publish 8085:80 < <(server_yaml pub 8080)
  [ "$status" -eq 0 ]
  eventually 5 fetch 127.0.0.1:8085
  remove_all
  play << YAML
apiVersion: v1
kind: Pod
metadata: {name: udp}
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: c
      image: localhost/busybox:latest
      command: [sleep, "60"]
      ports: [{containerPort: 5000, hostPort: 5001, protocol: UDP}]
YAML
  # The distribution's busybox knows no UDP.
  pod_pid=$(skiff inspect --format '{{.State.Pid}}' udp-c)
  nsenter -n -t "$pod_pid" perl -MIO::Socket::INET -e \
    'IO::Socket::INET->new(LocalPort => 5000, Proto => "udp")->recv($_, 100); print' > "$BATS_TEST_TMPDIR/got" 3>&- &
  eventually 5 grep -qi ':1388 ' "/proc/$pod_pid/net/udp"  # port 5000
  echo datagram > /dev/udp/127.0.0.1/5001
  eventually 5 grep -q datagram "$BATS_TEST_TMPDIR/got"
}

@test "the bridge's subnet avoids routes of the host" {
  ip link add busy type veth peer name busy-peer
  ip addr add 10.89.0.1/16 dev busy
  ip link set busy up
  rm -f /var/lib/skiff/networks/skiff.json
  server_yaml free 8080 | play
  [[ $(address_of free-c) != 10.89.* ]]
  remove_all
  ip link del busy
}

@test "20 plays and downs at once: all addresses differ, nothing is left" {
  for i in $(seq 20); do
    (
      server_yaml "c$i" $((8100 + i)) > "$BATS_TEST_TMPDIR/c$i.yaml"
      skiff kube play -q "$BATS_TEST_TMPDIR/c$i.yaml"
    ) > "$BATS_TEST_TMPDIR/log$i" 2>&1 3>&- &
  done
  for job in $(jobs -p); do wait "$job" || { cat "$BATS_TEST_TMPDIR"/log*; false; }; done
  [ "$(skiff ps -q | wc -l)" -eq 20 ]
  [ "$(skiff ps -q | xargs -n1 skiff inspect --format '{{.NetworkSettings.IPAddress}}' | sort -u | wc -l)" -eq 20 ]
  eventually 5 fetch 127.0.0.1:8120
  for i in $(seq 20); do skiff kube down "$BATS_TEST_TMPDIR/c$i.yaml" > "$BATS_TEST_TMPDIR/log$i" 2>&1 3>&- & done
  for job in $(jobs -p); do wait "$job" || { cat "$BATS_TEST_TMPDIR"/log*; false; }; done
  assert_nothing_left
}
