# Names of pods, containers and Services, asked with dig from inside of the pods' namespaces.

load common

setup_file() {
  common_setup_file
  cp /etc/resolv.conf "$BATS_FILE_TMPDIR/resolv.conf"
}
teardown() {
  for file in "$BATS_TEST_TMPDIR"/*.yaml; do [[ ! -f $file ]] || skiff kube down --force "$file" > /dev/null 2>&1 || true; done
  remove_all
  umount /etc/resolv.conf 2> /dev/null || true
}

in_netns() { nsenter -n -t "$(skiff inspect --format '{{.State.Pid}}' "$1")" "${@:2}"; }
ask() { in_netns "$1" dig +short +time=2 +tries=1 "@$(gateway)" "${@:2}"; }           # CONTAINER QUESTION...
full() { in_netns "$1" dig +time=2 +tries=1 "@$(gateway)" "${@:2}"; }
gateway() { ip -j -4 addr show skiff0 | jq -r '.[0].addr_info[0].local'; }
address_of() { skiff inspect --format '{{.NetworkSettings.IPAddress}}' "$1"; }

host_resolver() {  # TEXT: the host's resolv.conf, for this sandbox only
  printf '%s' "$1" > "$BATS_TEST_TMPDIR/resolv.conf"
  mount --bind "$BATS_TEST_TMPDIR/resolv.conf" /etc/resolv.conf
}

play_file() {
  cat > "$BATS_TEST_TMPDIR/$1.yaml"
  timeout 90 skiff kube play -q "$BATS_TEST_TMPDIR/$1.yaml"
}

pod_yaml() {  # NAME LABEL [SPEC-LINE]
  cat << YAML
---
apiVersion: v1
kind: Pod
metadata: {name: $1, labels: {app: $2}}
spec:
  terminationGracePeriodSeconds: 0
  ${3:-hostname: $1}
  containers:
    - name: main
      image: localhost/busybox:latest
      command: [sleep, "1000"]
      ports: [{name: sql, containerPort: 5432}]
YAML
}

@test "the examples of the Kubernetes DNS specification" {
  { cat << YAML
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: db}, ports: [{name: http, port: 80, targetPort: sql}]}
---
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {clusterIP: None, selector: {app: db}, ports: [{name: sql, port: 5432}]}
---
apiVersion: v1
kind: Service
metadata: {name: out}
spec: {type: ExternalName, externalName: web.default.svc.cluster.local}
YAML
    pod_yaml db-0 db "hostname: db-0
  subdomain: db"
    pod_yaml db-1 db; pod_yaml client other; } | play_file names
  ip=$(nft -j list map inet skiff-services addresses | jq -r '.nftables[] | .map?.elem[]?[0].concat[0]' | head -1)
  zero=$(address_of db-0-main) one=$(address_of db-1-main)
  [ "$(ask client-main dns-version.cluster.local TXT)" = '"1.1.0"' ]
  [ "$(ask client-main web.default.svc.cluster.local A)" = "$ip" ]
  [ "$(ask client-main WEB.Default.SVC.cluster.LOCAL A)" = "$ip" ]
  [ "$(ask client-main +tcp web.default.svc.cluster.local A)" = "$ip" ]
  [ "$(ask client-main _http._tcp.web.default.svc.cluster.local SRV)" = "0 100 80 web.default.svc.cluster.local." ]
  [ "$(ask client-main -x "$ip")" = web.default.svc.cluster.local. ]
  [ "$(ask client-main db.default.svc.cluster.local A | sort)" = "$(printf '%s\n' "$zero" "$one" | sort)" ]
  [ "$(ask client-main db-0.db.default.svc.cluster.local A)" = "$zero" ]
  [ "$(ask client-main "${one//./-}.db.default.svc.cluster.local" A)" = "$one" ]
  [ "$(ask client-main _sql._tcp.db.default.svc.cluster.local SRV | wc -l)" -eq 2 ]
  ask client-main _sql._tcp.db.default.svc.cluster.local SRV | grep -qx '0 50 5432 db-0.db.default.svc.cluster.local.'
  [ "$(ask client-main -x "$zero")" = db-0.db.default.svc.cluster.local. ]
  [ "$(ask client-main "${zero//./-}.default.pod.cluster.local" A)" = "$zero" ]
  [ "$(ask client-main out.default.svc.cluster.local A)" = "$(printf 'web.default.svc.cluster.local.\n%s' "$ip")" ]
  full client-main nobody.default.svc.cluster.local | grep -q 'status: NXDOMAIN'
  full client-main web.default.svc.cluster.local AAAA | grep -q 'status: NOERROR'
  full client-main web.default.svc.cluster.local | grep -q 'flags:.* aa'
  full client-main +bufsize=1232 web.default.svc.cluster.local | grep -q 'EDNS: version: 0'
  # By the resolver of the pod itself, with its search list.
  in_pod client main cat /etc/resolv.conf | grep -qx "nameserver $(gateway)"
  in_pod client main cat /etc/resolv.conf | grep -q '^search default.svc.cluster.local svc.cluster.local cluster.local'
  in_pod client main cat /etc/resolv.conf | grep -qx 'options ndots:5'
  in_pod db-0 main hostname -f | grep -qx db-0.db.default.svc.cluster.local
  in_pod client main nslookup web.default.svc.cluster.local | grep -q "$ip"
}

@test "podman's names: containers, pods, the host; dns.podman; what --dns and --dns-search do" {
  skiff run -d --name one localhost/busybox:latest sleep 1000 > /dev/null
  skiff run -d --name Two localhost/busybox:latest sleep 1000 > /dev/null
  pod_yaml inpod x | play_file pod
  [ "$(ask one two A)" = "$(address_of Two)" ]
  [ "$(ask one two.dns.podman A)" = "$(address_of Two)" ]
  [ "$(ask one inpod A)" = "$(address_of inpod-main)" ]
  [ "$(ask one main A)" = "$(address_of inpod-main)" ]
  [ "$(ask one "$(skiff inspect --format '{{.Id}}' Two | cut -c1-12)" A)" = "$(address_of Two)" ]
  [ "$(ask one host.containers.internal A)" = "$(gateway)" ]
  [ "$(ask one host.docker.internal A)" = "$(gateway)" ]
  full one nobody.dns.podman | grep -q 'status: NXDOMAIN'
  skiff exec one cat /etc/resolv.conf | grep -qx 'search dns.podman'
  skiff exec one cat /etc/resolv.conf | grep -qx "nameserver $(gateway)"
  skiff rm -f -t 0 Two > /dev/null
  [ -z "$(ask one two.dns.podman A)" ]
  run skiff run --rm --dns-search example.org localhost/busybox:latest cat /etc/resolv.conf
  output_has "search example.org"
}

@test "--dns none leaves resolv.conf as it is in the image, as with podman" {
  run skiff run --rm --dns none localhost/busybox:latest ls /etc
  [ "$status" -eq 0 ]
  output_has hosts
  [[ $output != *resolv.conf* ]]
  run skiff run --rm --dns none localhost/busybox:latest sh -c 'echo nameserver 192.0.2.1 > /etc/resolv.conf; cat /etc/resolv.conf'
  [ "$output" = "nameserver 192.0.2.1" ]
  skiff pod create --name plain --dns none > /dev/null
  run skiff run --rm --pod plain localhost/busybox:latest cat /etc/resolv.conf
  output_has "No such file"
  [ "$(skiff pod inspect plain | jq .InfraConfig.NoManageResolvConf)" = true ]
  run skiff run --rm --dns none --dns 192.0.2.1 localhost/busybox:latest true
  [ "$status" -eq 125 ]
  run skiff pod create --dns none --dns-search a.b
  [ "$status" -eq 125 ]
}

@test "what resolvers do not read is left out of resolv.conf, with an event" {
  cat << YAML | play_file cut
apiVersion: v1
kind: Pod
metadata: {name: cut}
spec:
  terminationGracePeriodSeconds: 1
  dnsConfig:
    nameservers: [192.0.2.1, 192.0.2.2, 192.0.2.3]
    searches: [$(seq -s, -f 'd%g' 30)]
  containers: [{name: c, image: localhost/busybox:latest, command: [sleep, "1000"]}]
YAML
  [ "$(in_pod cut c grep -c nameserver /etc/resolv.conf)" = 3 ]
  [ "$(in_pod cut c sed -n 's/^search //p' /etc/resolv.conf | wc -w)" = 32 ]
  skiff kube events -o json | jq -r '.items[] | select(.reason == "DNSConfigForming") | .type + " " + .message' > "$BATS_TEST_TMPDIR/events"
  grep -q "^Warning Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: $(gateway) 192.0.2.1 192.0.2.2$" "$BATS_TEST_TMPDIR/events"
  grep -q "^Warning Search Line limits were exceeded, .* d29$" "$BATS_TEST_TMPDIR/events"
}

@test "other names are asked of the host's resolvers, one after another, also on the host's loopback" {
  # The second one answers; the first is silent, as nobody is there.
  host_resolver $'nameserver 127.0.0.77\nnameserver 127.0.0.78\n'
  cat > "$BATS_TEST_TMPDIR/server.pl" << 'PERL'
# Answers every question with 192.0.2.55.
use IO::Socket::INET;
my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.78", LocalPort => 53, Proto => "udp") or die;
while ($s->recv(my $q, 512)) {
  my ($end) = index($q, "\0", 12) + 5;
  my $question = substr($q, 12, $end - 12);
  $s->send(substr($q, 0, 2) . pack("n5", 0x8180, 1, 1, 0, 0) . $question . pack("n3Nn", 0xc00c, 1, 1, 60, 4) . pack("C4", 192, 0, 2, 55));
}
PERL
  perl "$BATS_TEST_TMPDIR/server.pl" 3>&- &
  pod_yaml client x | play_file client
  eventually 10 sh -c "[ \"\$(nsenter -n -t $(skiff inspect --format '{{.State.Pid}}' client-main) dig +short +time=5 +tries=1 @$(gateway) example.org A)\" = 192.0.2.55 ]"
  cat << YAML | play_file out
apiVersion: v1
kind: Service
metadata: {name: out}
spec: {type: ExternalName, externalName: example.org}
YAML
  [ "$(ask client-main out.default.svc.cluster.local A)" = "$(printf 'example.org.\n192.0.2.55')" ]
  kill %1
  run full client-main example.org
  output_has SERVFAIL
  run full client-main out.default.svc.cluster.local A
  output_has SERVFAIL
  output_has "CNAME	example.org."
}

@test "long answers of other servers: cut where the client has no room, whole over TCP, also behind an alias" {
  host_resolver $'nameserver 127.0.0.79\n'
  cat > "$BATS_TEST_TMPDIR/server.py" << 'PY'
# 55 addresses even to those who have room for 512 octets; of 2000 it says over UDP that there are more.
import socket, struct, threading
def answer(question, tcp):
    end = question.index(b"\0", 12) + 5
    long = question[13:17] == b"long"
    count = (2000 if tcp else 0) if long else 55
    records = b"".join(b"\xc0\x0c" + struct.pack(">2HIHI", 1, 1, 60, 4, 0x0a000000 + i) for i in range(count))
    return question[:2] + struct.pack(">5H", 0x8380 if long and not tcp else 0x8180, 1, count, 0, 0) + question[12:end] + records
def streams():
    listener = socket.create_server(("127.0.0.79", 53))
    while True:
        client, _ = listener.accept()
        with client, client.makefile("rb") as stream:
            while header := stream.read(2):
                reply = answer(stream.read(struct.unpack(">H", header)[0]), True)
                client.sendall(struct.pack(">H", len(reply)) + reply)
threading.Thread(target=streams, daemon=True).start()
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("127.0.0.79", 53))
while True:
    question, client = udp.recvfrom(4096)
    udp.sendto(answer(question, False), client)
PY
  python3 "$BATS_TEST_TMPDIR/server.py" 3>&- &
  { pod_yaml client x
    for name in long medium; do
      printf -- '---\napiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec: {type: ExternalName, externalName: %s.example.org}\n' $name $name
    done; } | play_file client
  eventually 10 sh -c 'ss -Hltn "sport = 53" | grep -q 127.0.0.79'
  is_cut() { full client-main +noedns +ignore "$1" A | grep -q 'flags:.* tc'; }
  count() { ask client-main "$@" A | grep -c '^10\.'; }
  for name in medium.example.org long.example.org medium.default.svc.cluster.local long.default.svc.cluster.local; do is_cut $name; done
  [ "$(count +bufsize=1232 medium.example.org)" -eq 55 ]
  [ "$(count +bufsize=1232 medium.default.svc.cluster.local)" -eq 55 ]
  [ "$(count +tcp long.example.org)" -eq 2000 ]
  [ "$(count +tcp long.default.svc.cluster.local)" -eq 2000 ]
  [ "$(count long.default.svc.cluster.local)" -eq 2000 ]  # as clients do it: over UDP, then TCP
  kill %1
}

@test "dnsPolicy and dnsConfig" {
  host_resolver $'search corp.example\nnameserver 192.0.2.53\n'
  { pod_yaml none x "dnsPolicy: None
  dnsConfig: {nameservers: [192.0.2.1], searches: [a.b], options: [{name: ndots, value: \"2\"}]}"
    pod_yaml default x "dnsPolicy: Default"
    pod_yaml more x "dnsConfig: {nameservers: [192.0.2.1], searches: [a.b], options: [{name: ndots, value: \"2\"}, {name: rotate}]}"
  } | play_file policies
  [ "$(in_pod none main cat /etc/resolv.conf)" = $'search a.b\nnameserver 192.0.2.1\noptions ndots:2' ]
  [ "$(in_pod default main cat /etc/resolv.conf)" = $'search corp.example\nnameserver 192.0.2.53' ]
  [ "$(in_pod more main cat /etc/resolv.conf)" = "search default.svc.cluster.local svc.cluster.local cluster.local corp.example a.b
nameserver $(gateway)
nameserver 192.0.2.1
options ndots:2 rotate" ]
}

servers() { pgrep -x skiff-dns | sort -n; }

@test "ClusterFirstWithHostNet: of one file the pods on the host's network find the server that the others bring up" {
  local on_host=$'hostNetwork: true\n  dnsPolicy: ClusterFirstWithHostNet'
  { pod_yaml host1 h "$on_host" | sed '/ports:/d'; pod_yaml host2 h "$on_host" | sed '/ports:/d'; pod_yaml own1 o; pod_yaml own2 o; } > "$BATS_TEST_TMPDIR/both.yaml"
  for round in 1 2 3 4; do
    timeout 90 skiff kube play -q "$BATS_TEST_TMPDIR/both.yaml"
    for name in host1 host2; do
      in_pod $name main cat /etc/resolv.conf | grep -qx "nameserver $(gateway)" || { echo "round $round: $name"; in_pod $name main cat /etc/resolv.conf; false; }
    done
    skiff kube down --force "$BATS_TEST_TMPDIR/both.yaml"
  done
  # Nobody waits for a server that does not come.
  pod_yaml host1 h "$on_host" | sed '/ports:/d' > "$BATS_TEST_TMPDIR/alone.yaml"
  timeout 20 skiff kube play -q "$BATS_TEST_TMPDIR/alone.yaml"
  skiff kube down --force "$BATS_TEST_TMPDIR/alone.yaml"
}

@test "a killed name server is started again and no question is lost; the last pod ends it" {
  skiff run -d --name one localhost/busybox:latest sleep 1000 > /dev/null
  [ "$(servers | wc -l)" -eq 2 ]
  for victim in last first last first; do
    if [ $victim = last ]; then kill -9 "$(servers | tail -1)"; else kill -9 "$(servers | head -1)"; fi
    [ "$(ask one one +time=5 +tries=2 A)" = "$(address_of one)" ]
    eventually 5 sh -c '[ "$(pgrep -cx skiff-dns)" -eq 2 ]'
  done
  kill -9 $(servers)  # both: the next command starts it
  skiff run -d --name two localhost/busybox:latest sleep 1000 > /dev/null
  [ "$(ask one two A)" = "$(address_of two)" ]
  remove_all
  assert_nothing_left
  [ -z "$(servers)" ]
}

@test "port 53 taken: another port, and questions to 53 go there" {
  skiff run -d --name one localhost/busybox:latest sleep 1000 > /dev/null
  remove_all
  python3 -c 'import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("0.0.0.0", 53)); time.sleep(60)' 3>&- &
  sleep 0.5
  skiff run -d --name two localhost/busybox:latest sleep 1000 > /dev/null
  [ "$(ask two two A)" = "$(address_of two)" ]
  [ "$(ask two +tcp two A)" = "$(address_of two)" ]
  remove_all
  assert_nothing_left
  kill %1
}

@test "port 53 taken and a firewall that drops what it does not know: questions pass; a flush is repaired by reload and by the next pod" {
  python3 -c 'import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("0.0.0.0", 53)); time.sleep(600)' 3>&- &
  holder=$!
  eventually 5 sh -c 'ss -Hunlp "sport = 53" | grep -q python'
  nft 'add table inet strict; add chain inet strict input { type filter hook input priority 0; policy drop; ct state established,related accept; }'
  skiff run -d --name one localhost/busybox:latest sleep 1000 > /dev/null
  [ "$(ask one one A)" = "$(address_of one)" ]
  [ "$(ask one +tcp one A)" = "$(address_of one)" ]
  [ "$(nft list chain inet strict input | grep -c 'skiff: skiff0 dns')" -eq 2 ]
  nft flush ruleset
  [ "$(ask one one A)" != "$(address_of one)" ]
  skiff network reload one > /dev/null
  [ "$(ask one one A)" = "$(address_of one)" ]
  nft flush ruleset
  skiff network create elsewhere > /dev/null
  skiff run -d --name two --network elsewhere localhost/busybox:latest sleep 1000 > /dev/null
  [ "$(ask one one A)" = "$(address_of one)" ]
  kill "$holder"
  remove_all
  skiff network rm elsewhere > /dev/null
  assert_nothing_left
}

@test "a firewall that drops what it does not know lets the pods' questions in, and is left as it was" {
  iptables -P INPUT DROP
  iptables -A INPUT -i lo -j ACCEPT
  nft add table inet strict
  nft 'add chain inet strict in { type filter hook input priority 10; policy drop; }'
  nft add rule inet strict in iifname lo accept
  rules() { iptables-save -t filter | grep -v '^[#:]'; nft list table inet strict; }
  as_before() { [ "$(rules)" = "$before" ]; }
  before=$(rules)
  skiff run -d --name one localhost/busybox:latest sleep 1000 > /dev/null
  [ "$(ask one one A)" = "$(address_of one)" ]
  [ "$(ask one +tcp one A)" = "$(address_of one)" ]
  iptables -L INPUT > /dev/null  # it can still read its table
  skiff rm -f -t 0 one > /dev/null
  eventually 5 as_before
  iptables -P INPUT ACCEPT
  nft delete table inet strict
}

@test "a pod on several networks finds the names of all of them, others only those of theirs" {
  skiff network create n1
  skiff network create n2
  local server; server=$(skiff network inspect n1 | jq -r '.[0].subnets[0].gateway')
  ask_n1() { in_netns "$1" dig +short +time=2 +tries=1 "@$server" "${@:2}"; }
  address_on() { skiff inspect "$1" | jq -r ".[0].NetworkSettings.Networks.$2.IPAddress"; }
  skiff run -d --name base --network n1 localhost/busybox:latest sleep 1000
  skiff run -d --name alone --network n1 localhost/busybox:latest sleep 1000
  skiff run -d --name peer --network n2 localhost/busybox:latest sleep 1000
  [ -z "$(ask_n1 base peer A)" ]
  skiff network connect n2 base
  [ "$(ask_n1 base peer A)" = "$(address_on peer n2)" ]
  [ "$(ask_n1 base peer.dns.podman A)" = "$(address_on peer n2)" ]
  [ "$(ask_n1 base alone A)" = "$(address_on alone n1)" ]
  [ -z "$(ask_n1 base nobody.dns.podman A)" ]
  [ -z "$(ask_n1 alone peer.dns.podman A)" ]
  skiff network disconnect n2 base
  [ -z "$(ask_n1 base peer.dns.podman A)" ]
  remove_all
  skiff network rm n1 n2
}

# The full size: SKIFF_DNS_LOOKUPS=10000 SKIFF_DNS_PODS=50
@test "look-ups while pods come and go: no failure, no stale answer" {
  "$BATS_TEST_DIRNAME/dns-churn" --lookups "${SKIFF_DNS_LOOKUPS:-2000}" --pods "${SKIFF_DNS_PODS:-8}" 3>&-
}

@test "what a command killed while it ended a name server has left goes with the next command that changes something" {
  pod_yaml one db | play_file one
  local folder=/run/skiff/dns/networks/skiff
  [[ -d $folder/pods ]]
  # The pod's names are gone, its server is not.
  rm "$folder"/pods/*.json
  skiff pod rm -i nobody
  [[ ! -e $folder ]]
  skiff kube down "$BATS_TEST_TMPDIR/one.yaml"
  assert_nothing_left
  # Its server has ended, its folder and its cgroup have stayed.
  local group=/sys/fs/cgroup
  [[ ! -d $group/memory ]] || group+=/memory
  mkdir -p "$folder" "$group/skiff/dns"
  touch "$folder/server.lock"
  skiff pod rm -i nobody
  [[ ! -e $folder && ! -e $group/skiff/dns ]]
}
