# Networks of one's own: definitions, several per pod, IPv6, isolation, changes while pods run. What is checked comes from
# the kernel (ip, nft) or from clients.

load common

setup_file() { common_setup_file; }
teardown() {
  remove_all
  skiff network prune -f > /dev/null
  ip link del parent0 2> /dev/null || true
  ip netns del other 2> /dev/null || true
}

box() {  # NAME FLAG...: a container that waits
  local name=$1
  shift
  skiff run -d --name "$name" "$@" localhost/busybox:latest sleep 600 > /dev/null
}
serve() {  # NAME FLAG...: a container with a web server that tells its name
  local name=$1
  shift
  skiff run -d --name "$name" "$@" localhost/busybox:latest \
    sh -c "mkdir /w; echo page-of-$name > /w/index.html; exec httpd -f -v -p 80 -h /w" > /dev/null
}
inside() { nsenter -n -t "$(skiff inspect --format '{{.State.Pid}}' "$1")" "${@:2}"; }
address() { inside "$1" ip -j "${3:--4}" addr show "${2:-eth0}" | jq -r '[.[0].addr_info[] | select(.scope=="global")][0].local'; }
other_host() {  # a host outside, in the namespace "other"
  ip netns add other
  ip link add uplink type veth peer name eth0 netns other
  ip addr add 192.0.2.1/24 dev uplink
  ip addr add 2001:db8::1/64 dev uplink nodad
  ip link set uplink up
  ip -n other addr add 192.0.2.2/24 dev eth0
  ip -n other addr add 2001:db8::2/64 dev eth0 nodad
  ip -n other link set eth0 up
}
fetch() { wget -q -T 3 -t 1 -O - "http://$1/"; }

@test "create writes what podman reads, and podman's definitions are read" {
  skiff network create --subnet 10.5.0.0/24 --gateway 10.5.0.254 --ip-range 10.5.0.64/26 --label a=b -o mtu=1400 n1
  skiff network create --ipv6 n2
  run skiff network create n1
  [ "$status" -eq 125 ]
  output_has "network name n1 already used: network already exists"
  mkdir -p /etc/containers/networks
  cp /var/lib/skiff/networks/n[12].json /etc/containers/networks/
  # podman 5 tells of its own containers as well.
  diff <(podman network inspect n1 n2 | jq 'map(del(.containers))') <(skiff network inspect n1 n2 | jq 'map(del(.containers))')
  rm /etc/containers/networks/n[12].json
  podman network create --subnet 10.7.0.0/24 -o isolate=true from-podman
  run skiff network create --subnet 10.7.0.0/25 clash
  output_has "subnet 10.7.0.0/25 is already used by network from-podman"
  mv /etc/containers/networks/from-podman.json /var/lib/skiff/networks/
  [ "$(skiff network inspect from-podman --format '{{.Name}} {{(index .Subnets 0).Gateway}}' 2> /dev/null ||
       skiff network inspect from-podman --format '{{.Name}} {{range .Subnets}}{{.Gateway}}{{end}}')" = "from-podman 10.7.0.1" ]
  box c --network from-podman
  [[ $(address c) == 10.7.0.* ]]
}

@test "ls, exists, rm, prune: names, exit codes and texts are podman's" {
  skiff network create blue
  skiff network create green
  [ "$(skiff network ls -q | sort | xargs)" = "blue green skiff" ]
  skiff network exists blue
  run skiff network exists red
  [ "$status" -eq 1 ]
  run skiff network rm red
  [ "$status" -eq 1 ]
  output_has "unable to find network with name or ID red: network not found"
  run skiff network rm skiff
  [ "$status" -eq 125 ]
  output_has "default network skiff cannot be removed"
  box user --network blue
  run skiff network rm blue
  [ "$status" -eq 2 ]
  output_has '"blue" has associated containers with it. Use -f to forcefully delete containers and pods: network is being used'
  skiff network prune <<< no
  skiff network exists green
  [[ $(skiff network prune <<< Yes) == *"continue? [y/N] green" ]]
  [ "$(skiff network rm -f -t 0 blue)" = blue ]
  run skiff inspect user
  [ "$status" -ne 0 ]
  [ "$(skiff network ls -q)" = skiff ]
  assert_nothing_left
}

@test "filters and layouts of ls, inspect and prune are podman's" {
  skiff network create --label a=b --label c one
  skiff network create two
  skiff network create three
  names() { skiff network ls -q "$@" | xargs; }
  [ "$(names --filter label=a)" = one ]
  [ "$(names --filter label!=a=b)" = "skiff three two" ]
  [ "$(names --filter until=0s --filter label=c)" = one ]
  [ -z "$(names --filter until=1h)" ]
  [ "$(names --filter name=^t)" = "three two" ]
  [ "$(names --filter dangling=false --filter driver=bridge)" = skiff ]
  run skiff network ls --filter until=never
  [ "$status" -eq 125 ]
  [ "$(skiff network ls --format '{{.Labels}}' --filter name=one)" = a=b,c= ]
  [ "$(skiff network ls --format 'table {{.Name}} {{.DNSEnabled}}' | head -1 | xargs)" = "NAME DNS ENABLED" ]
  # As docker's users ask for it.
  [ "$(skiff network inspect -f '{{json .}}' one | jq -r '.[0].network_interface')" = "$(skiff network inspect -f '{{.NetworkInterface}}' one)" ]
  [ -z "$(skiff network prune -f --filter until=1h)" ]
  [ "$(skiff network prune -f --filter label!=a --filter until=0s | xargs)" = "three two" ]
  [ "$(names)" = "one skiff" ]
}

@test "flags that cannot work are refused" {
  refused() { run skiff network create "$@"; [ "$status" -eq 125 ]; }
  refused --gateway 10.1.0.1 x; output_has "cannot set gateway or range without subnet"
  refused --subnet 10.55.0.0/24 --gateway 10.56.0.1 x; output_has "gateway 10.56.0.1 not in subnet 10.55.0.0/24"
  refused -o frob=1 x; output_has "unsupported bridge network option frob"
  refused -o vlan=5000 x; output_has "between 0 and 4094"
  refused -o parent=lo x; output_has "unsupported bridge network option parent"
  refused -d macvlan -o parent=nolink --subnet 10.1.0.0/24 x; output_has "parent interface nolink does not exist"
  refused --interface-name lo x; output_has "the host has an interface lo"
  refused --interface-name skiff0 x; output_has "already in use by network skiff"
  refused skiff; output_has "already exists"
  refused --subnet 10.1.0.0/24 --route 10.2.0.0/16,10.3.0.1 x; output_has "in no subnet of the network (10.1.0.0/24)"
  refused --subnet 10.1.0.0/31 x; output_has "too small"
  refused --subnet 127.1.0.0/24 x; output_has "already used by the host's route to 127.0.0.0/8 through lo: choose another with --subnet"
  refused --ipam-driver none --subnet 10.1.0.0/24 x; output_has "none ipam driver is set but subnets are given"
  skiff network create --subnet 10.1.0.0/24 one > /dev/null
  refused --subnet 10.1.0.0/25 x; output_has "already used by network one: choose another with --subnet"
  [ "$(skiff network ls -q | xargs)" = "one skiff" ]
  refused -d overlay x; output_has "unsupported driver overlay"
  refused -d macvlan x; output_has "needs at least one subnet"
  refused -d macvlan --ipam-driver dhcp x; output_has "dhcp is not supported"
  refused "a b"; output_has "names must match"
  run skiff run --rm --network host --ip 10.1.1.1 localhost/busybox:latest true
  [ "$status" -eq 125 ]
  output_has "--ip can only be set on a bridge network"
  run skiff run --rm --network one:interface_name=lo localhost/busybox:latest true
  [ "$status" -eq 125 ]
  output_has '"lo" is not a name for an interface of a pod'
  run skiff run --rm --network one:ip=10.1.0.7,ip=10.1.0.8 localhost/busybox:latest true
  [ "$status" -eq 125 ]
  output_has "10.1.0.7 and 10.1.0.8 are both in subnet 10.1.0.0/24"
  run skiff pod create --network one:interface_name=a --network skiff:interface_name=a
  [ "$status" -eq 125 ]
  output_has "interface name a is used for two networks"
  run skiff run --rm -p '[::]:8081:80' -p 8081:80 localhost/busybox:latest true
  output_has "port 8081/tcp is published twice, on all addresses"
  run skiff network reload nowhere
  output_has 'no container with name or ID "nowhere" found'
  run skiff run --rm --network nowhere localhost/busybox:latest true
  [ "$status" -eq 125 ]
  output_has "unable to find network with name or ID nowhere"
}

@test "addresses, names of interfaces, MAC, MTU and routes are what was asked for" {
  skiff network create --subnet 10.5.0.0/24 --ip-range 10.5.0.64/30 -o mtu=1400 -o metric=77 \
    --route 10.99.0.0/16,10.5.0.200,5 blue
  skiff network create --subnet 10.6.0.0/24 -o no_default_route=true green
  box c --network blue:ip=10.5.0.9,mac=02:aa:00:00:00:01 --network green:interface_name=lan1
  [ "$(address c eth0)" = 10.5.0.9 ]
  [[ $(address c lan1) == 10.6.0.* ]]
  inside c ip -j link show eth0 | jq -e '.[0].mtu == 1400 and .[0].address == "02:aa:00:00:00:01"'
  inside c ip -j route | jq -e '[.[] | select(.dst == "default")] == [{"dst":"default","gateway":"10.5.0.1","dev":"eth0","protocol":"static","metric":77,"flags":[]}]'
  inside c ip -j route | jq -e '.[] | select(.dst == "10.99.0.0/16") | .gateway == "10.5.0.200" and .metric == 5'
  box d --network blue
  [[ $(address d) =~ ^10\.5\.0\.6[5-7]$ ]]
  run skiff run --rm --network blue:ip=10.5.0.9 localhost/busybox:latest true
  [ "$status" -eq 126 ]
  output_has "address 10.5.0.9 of network blue is held by pod c"
  run skiff run --rm --ip 10.77.0.1 --network blue localhost/busybox:latest true
  output_has "requested static ip 10.77.0.1 not in any subnet on network blue"
}

@test "an exhausted range is an error that says so, and leaves nothing" {
  skiff network create --subnet 10.5.0.0/30 tiny
  box first --network tiny
  run skiff run --rm --network tiny localhost/busybox:latest true
  [ "$status" -eq 126 ]
  output_has "every address of 10.5.0.0/30 is held by a pod"
  remove_all
  assert_nothing_left
}

@test "dual stack: addresses at once, routes, ports from every side over both families" {
  other_host
  ip -n other link set lo up
  skiff network create --subnet 10.5.0.0/24 --subnet fd12:5::/64 dual
  serve web --network dual -p 8080:80 -p '[2001:db8::1]:8081:80'
  serve second --network dual
  [[ $(address web eth0 -6) == fd12:5::* ]]
  inside web ip -j -6 addr show eth0 | jq -e '[.[0].addr_info[] | select(.tentative or .dadfailed)] == []'
  inside web ip -j -6 route show default | jq -e '.[0].gateway == "fd12:5::1"'
  eventually 5 fetch "[$(address web eth0 -6)]"
  # Each of them with the address that the server saw.
  for url in 127.0.0.1:8080 192.0.2.1:8080 '[::1]:8080' '[2001:db8::1]:8080' '[2001:db8::1]:8081'; do
    [ "$(fetch "$url")" = page-of-web ]
  done
  for url in 192.0.2.1:8080 '[2001:db8::1]:8080' '[2001:db8::1]:8081'; do
    [ "$(ip netns exec other wget -q -T 3 -t 1 -O - "http://$url/")" = page-of-web ]
  done
  eventually 3 sh -c 'skiff logs web 2>&1 | grep -q "2001:db8::2"'
  # Hairpin: another pod and the pod itself through the host's address.
  for name in second web; do
    [ "$(inside "$name" wget -q -T 3 -t 1 -O - 'http://[2001:db8::1]:8080/')" = page-of-web ]
  done
  # Pod to pod, and out of the host.
  [ "$(inside second wget -q -T 3 -t 1 -O - "http://[$(address web eth0 -6)]/")" = page-of-web ]
  ip netns exec other busybox httpd -f -p '[::]:9000' -h /etc 3>&- &
  eventually 5 sh -c 'ip netns exec other ss -ltn | grep -q :9000'
  inside web wget -q -T 3 -t 1 -O - 'http://[2001:db8::2]:9000/hostname'
  pkill -f 'httpd -f -p .*:9000'
  run fetch 127.0.0.1:8081
  [ "$status" -ne 0 ]
  ip link del uplink
}

@test "[::1] leads to a pod without IPv6 too; the relay outlives a killed supervisor" {
  serve web -p 8080:80
  eventually 5 fetch '[::1]:8080'
  pkill -KILL -f '^[^ ]*skiff-supervisor '
  eventually 5 fetch '[::1]:8080'
  head -c 3000000 /dev/urandom > "$BATS_TEST_TMPDIR/big"
  skiff exec web sh -c 'cat > /w/big' < /dev/null
  skiff rm -f -t 0 web > /dev/null
  run fetch '[::1]:8080'
  [ "$status" -ne 0 ]
  assert_nothing_left
}

@test "a pod on several networks publishes each family by the first of them that has it" {
  other_host
  skiff network create --subnet 10.5.0.0/24 a1
  skiff network create --subnet 10.6.0.0/24 --subnet fd12:6::/64 a2
  outside() { [ "$(ip netns exec other wget -q -T 3 -t 1 -O - "http://$1/")" = page-of-web ]; }
  leads() { nft list map inet skiff "$1" | grep -qF "$2"; }
  serve web --network a1 -p 8080:80
  eventually 5 outside 192.0.2.1:8080
  eventually 5 outside '[2001:db8::1]:8080'
  ! skiff logs web 2>&1 | grep -q 2001:db8::2
  skiff network connect a2 web
  leads port4any "$(address web eth0)"
  leads port6any "$(address web eth1 -6)"
  outside 192.0.2.1:8080
  outside '[2001:db8::1]:8080'
  eventually 3 sh -c 'skiff logs web 2>&1 | grep -q "2001:db8::2"'
  skiff network disconnect a1 web
  leads port4any "$(address web eth1)"
  leads port6any "$(address web eth1 -6)"
  outside 192.0.2.1:8080
  outside '[2001:db8::1]:8080'
  skiff network connect a1 web
  skiff network disconnect a2 web
  leads port4any 10.5.0.
  run leads port6any fd12:6
  [ "$status" -ne 0 ]
  outside 192.0.2.1:8080
  remove_all
  ip link del uplink
  assert_nothing_left
}

@test "inspect of a network tells who is on it, as podman 5 does" {
  skiff network create --subnet 10.5.0.0/24 --subnet fd12:5::/64 blue
  [ "$(skiff network inspect blue | jq -c '.[0].containers')" = "{}" ]
  box c --network blue
  skiff pod create --name p --network blue
  skiff run -d --pod p --name member localhost/busybox:latest sleep 600
  skiff network inspect blue | jq -e --arg id "$(skiff inspect --format '{{.Id}}' c)" --arg v4 "$(address c)/24" --arg v6 "$(address c eth0 -6)/64" \
    --arg mac "$(inside c ip -j link show eth0 | jq -r '.[0].address')" \
    '.[0].containers[$id] == {name: "c", interfaces: {eth0: {subnets: [{ipnet: $v4, gateway: "10.5.0.1"}, {ipnet: $v6, gateway: "fd12:5::1"}], mac_address: $mac}}}'
  skiff network inspect blue | jq -e '.[0].containers | length == 2 and ([.[].name] | any(endswith("-infra")))'
  [ "$(skiff network inspect -f '{{range .Containers}}{{.Name}} {{end}}' blue | tr ' ' '\n' | grep -c .)" -eq 2 ]
  skiff stop -t 0 c
  skiff network inspect blue | jq -e '[.[0].containers[].name] | index("c") == null'
}

@test "an alias that no name in DNS can be is refused" {
  skiff network create --subnet 10.5.0.0/24 blue
  box c
  for alias in 'bad alias' 'a..b' "$(printf '%064d' 0)"; do
    run skiff network connect --alias "$alias" blue c
    [ "$status" -eq 125 ]
    output_has "alias \"$alias\" cannot be a name in DNS"
  done
  skiff network connect --alias good-1,my_alias.x blue c
  run skiff run --rm --network blue:alias=a@b localhost/busybox:latest true
  [ "$status" -eq 125 ]
  output_has 'alias "a@b"'
}

@test "internal networks reach nothing outside, isolated ones nothing of each other" {
  skiff network create --internal in
  skiff network create -o isolate=true iso1
  skiff network create -o isolate=true iso2
  skiff network create -o isolate=strict strict
  serve plain
  serve in1 --network in
  serve in2 --network in
  serve a --network iso1
  serve b --network iso2
  serve s --network strict
  reach() { inside "$1" wget -q -T 1 -t 1 -O - "http://$(address "$2")/"; }
  eventually 5 reach in1 in2
  [ "$(fetch "$(address in1)")" = page-of-in1 ]
  [ -z "$(inside in1 ip route show default)" ]
  # Also when the pod makes itself a route.
  inside in1 ip route add default via "$(inside in1 ip -j route | jq -r '.[0].dst' | sed 's|\.0/24|.1|')"
  for pair in "in1 plain" "plain in1" "a b" "b a" "s plain" "plain s" "s a"; do
    # shellcheck disable=SC2086
    run reach $pair
    [ "$status" -ne 0 ] || { echo "reached: $pair"; false; }
  done
  [ "$(reach plain a)" = page-of-a ]
  [ "$(reach a plain)" = page-of-plain ]
  run skiff run --rm --network in -p 8080:80 localhost/busybox:latest true
  [ "$status" -eq 126 ]
  output_has "port 8080/tcp cannot be published"
}

@test "connect and disconnect while it runs; published ports go on with the next network" {
  skiff network create --subnet 10.5.0.0/24 blue
  serve web -p 8080:80
  serve other --network blue
  eventually 5 fetch 127.0.0.1:8080
  skiff network connect --ip 10.5.0.77 --alias db --mac-address 02:aa:00:00:00:07 blue web
  [ "$(address web eth1)" = 10.5.0.77 ]
  [ "$(inside other wget -q -T 3 -t 1 -O - http://10.5.0.77/)" = page-of-web ]
  skiff inspect web | jq -e '.[0].NetworkSettings.Networks.blue | .IPAddress == "10.5.0.77" and .Aliases == ["db"]'
  run skiff network connect blue web
  [ "$status" -eq 125 ]
  output_has "already connected"
  skiff network disconnect skiff web
  run inside web ip link show eth0
  [ "$status" -ne 0 ]
  [ "$(fetch 127.0.0.1:8080)" = page-of-web ]
  [ "$(fetch '[::1]:8080')" = page-of-web ]
  eventually 5 sh -c '! ip link show skiff0'
  # It is so after a restart, too.
  skiff restart -t 0 web
  [ "$(inside web ip -j addr | jq '[.[].addr_info[] | select(.local == "10.5.0.77")] | length')" -eq 1 ]
}

@test "the last network can be left: nothing but lo, ports are kept; the next network has all of it again" {
  skiff network create --subnet 10.5.0.0/24 blue
  box peer --network blue
  serve web -p 8080:80
  eventually 5 fetch '[::1]:8080'
  skiff exec web sh -c 'echo 192.0.2.9 own >> /etc/hosts'
  skiff network disconnect skiff web
  alone() { [ "$(inside web ip -j link | jq -r '.[].ifname')" = lo ]; }
  alone
  [ "$(skiff inspect web | jq -c '.[0].NetworkSettings.Networks')" = '{}' ]
  run fetch 127.0.0.1:8080
  [ "$status" -ne 0 ]
  run fetch '[::1]:8080'
  [ "$status" -ne 0 ]
  run skiff network disconnect skiff web
  [ "$status" -eq 125 ]
  output_has "not connected"
  run skiff run --rm -p 8080:80 localhost/busybox:latest true
  output_has "port 8080/tcp is in use by pod web"
  run skiff exec web grep -w web /etc/hosts
  [ "$status" -ne 0 ]
  for again in no yes; do
    # It stays so when it is started again.
    if [[ $again == yes ]]; then
      skiff network disconnect blue web
      skiff restart -t 0 web > /dev/null
      alone
    fi
    skiff network connect --alias db blue web
    eventually 5 fetch 127.0.0.1:8080
    eventually 5 fetch '[::1]:8080'
    skiff exec web grep -w web /etc/hosts | grep -q "^$(address web)"
    [ "$(skiff exec peer nslookup db.dns.podman | awk '/^Address: / { print $2 }')" = "$(address web)" ]
    # Written by hand: it is there until the next start.
    if [[ $again == no ]]; then skiff exec web grep -q own /etc/hosts; fi
  done
  remove_all
  assert_nothing_left
}

@test "a network with names that comes later brings its name server; --dns reaches the server that is asked" {
  skiff network create --disable-dns --subnet 10.6.0.0/24 plain
  skiff network create --subnet 10.5.0.0/24 blue
  box peer --network blue
  box c --network plain
  box d --network plain --dns 192.0.2.53
  run skiff exec d cat /etc/resolv.conf
  output_has "nameserver 192.0.2.53"
  for name in c d; do
    skiff network connect blue "$name"
    [ "$(skiff exec "$name" awk '$1 == "nameserver" { print $2 }' /etc/resolv.conf | xargs)" = 10.5.0.1 ]
    skiff exec "$name" nslookup peer | grep -q "$(address peer)"
  done
  run skiff run --rm --network blue --dns 192.0.2.53 localhost/busybox:latest cat /etc/resolv.conf
  output_has "nameserver 10.5.0.1"
}

@test "--network container: has the names of the container that it joins; what contradicts that is refused" {
  box x --hostname hx --add-host q:192.0.2.7 --dns 192.0.2.53
  run skiff run --rm --name y --network container:x localhost/busybox:latest cat /etc/hosts /etc/resolv.conf
  output_has $'192.0.2.7\tq'
  output_has "$(address x)"$'\thx x'
  output_has " y"
  output_has "$(skiff exec x cat /etc/resolv.conf)"
  refused() { run skiff run --rm "$@" localhost/busybox:latest true; [ "$status" -eq 125 ]; }
  for flag in "--add-host a:192.0.2.1" "--dns 192.0.2.1" "--dns-search a.b" "--dns-option ndots:1"; do
    # shellcheck disable=SC2086
    refused --network container:x $flag
    output_has "conflicting options: ${flag% *} and --network container:x"
  done
  refused --network none --dns 192.0.2.1
  refused --network ns:/run/netns/nowhere
  output_has "cannot find the network namespace /run/netns/nowhere"
  for mode in host none container:x; do
    run skiff run --rm --network "$mode" -p 8080:80 localhost/busybox:latest true
    [ "$status" -eq 0 ]
    [ "$output" = "Warning: port mappings have been discarded: --network $mode leaves nothing to publish" ]
    run skiff pod create --network "$mode" -p 8080:80
    [ "$status" -eq 125 ]
    output_has "conflicting options: --publish and --network $mode"
  done
  run skiff pod create --network nowhere
  [ "$status" -eq 125 ]
  output_has "unable to find network"
  [ "$(skiff run --rm --add-host gw:host-gateway localhost/busybox:latest awk '$2 == "gw" { print $1 }' /etc/hosts)" = \
    "$(skiff network inspect skiff | jq -r '.[0].subnets[0].gateway')" ]
}

@test "pods of YAML and pods of pod create: networks, host, none" {
  skiff network create --subnet 10.5.0.0/24 blue
  skiff network create --subnet 10.6.0.0/24 green
  skiff kube play --network blue:ip=10.5.0.44 --network green - << 'YAML'
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: c, image: "localhost/busybox:latest", command: [sleep, "600"]}]
YAML
  [ "$(address web-c eth0)" = 10.5.0.44 ]
  [[ $(address web-c eth1) == 10.6.0.* ]]
  run skiff network connect green web-c
  output_has "shares the network of its pod"
  skiff pod create --network green --ip 10.6.0.55 p
  skiff run -d --pod p --name member localhost/busybox:latest sleep 600
  [ "$(address member)" = 10.6.0.55 ]
  skiff run --rm --network none localhost/busybox:latest ip -o link | grep -c . | grep -qx 1
  skiff run --rm --network container:member localhost/busybox:latest ip addr | grep -q 10.6.0.55
  ip netns add other
  skiff run --rm --network ns:/run/netns/other localhost/busybox:latest ip -o link | grep -c . | grep -qx 1
}

@test "macvlan and ipvlan" {
  ip netns add other
  ip link add parent0 type veth peer name eth0 netns other
  ip addr add 192.0.2.1/24 dev parent0
  ip link set parent0 up
  ip -n other link set eth0 up
  ip link add link parent0 probe0 type macvlan 2> /dev/null || skip "this kernel has no macvlan"
  ip link del probe0
  skiff network create -d macvlan -o parent=parent0 --subnet 192.0.2.0/24 --gateway 192.0.2.254 mac
  box m1 --cap-add NET_RAW --network mac:mac=02:bb:00:00:00:01
  box m2 --network mac
  inside m1 ip -d -j link show eth0 | jq -e '.[0].linkinfo | .info_kind == "macvlan" and .info_data.mode == "bridge"'
  inside m1 ip -j link show eth0 | jq -e '.[0].address == "02:bb:00:00:00:01"'
  inside m1 ip -j route show default | jq -e '.[0].gateway == "192.0.2.254"'
  skiff exec m1 ping -c 1 -W 2 "$(address m2)"
  remove_all
  ip link add link parent0 probe0 type ipvlan 2> /dev/null || skip "this kernel has no ipvlan"
  ip link del probe0
  skiff network create -d ipvlan --interface-name parent0 -o mode=l3 --subnet 10.5.0.0/24 ipv
  box i1 --network ipv
  inside i1 ip -d -j link show eth0 | jq -e '.[0].linkinfo | .info_kind == "ipvlan" and .info_data.mode == "l3"'
  remove_all
  skiff network create -d macvlan -o parent=nosuch0 --subnet 10.9.0.0/24 lost
  run skiff run --rm --network lost localhost/busybox:latest true
  [ "$status" -eq 125 ]
  output_has "the host has no interface nosuch0"
  run skiff run --rm --network mac -p 8080:80 localhost/busybox:latest true
  output_has "port 8080/tcp cannot be published"
  assert_nothing_left_but parent0
}
assert_nothing_left_but() { ip link del "$1"; assert_nothing_left; }

@test "a VLAN: ports and the host's end are in it" {
  skiff network create --subnet 10.5.0.0/24 -o vlan=100 tagged
  if ! ip link add probe0 type bridge vlan_filtering 1 2> /dev/null; then
    run skiff run --rm --network tagged localhost/busybox:latest true
    [ "$status" -eq 126 ]
    output_has "this kernel has no VLANs on bridges"
    skip "this kernel has no VLANs on bridges"
  fi
  ip link del probe0
  serve a --network tagged
  serve b --network tagged
  bridge=$(skiff network inspect tagged | jq -r '.[0].network_interface')
  ip -d -j link show "$bridge" | jq -e '.[0].linkinfo.info_data.vlan_filtering == 1 and .[0].linkinfo.info_data.vlan_default_pvid == 100'
  eventually 5 fetch "$(address a)"
  [ "$(inside b wget -q -T 3 -t 1 -O - "http://$(address a)/")" = page-of-a ]
}

@test "reload of all pods does not mind that some go meanwhile" {
  come_and_go() { for i in 1 2 3 4 5 6 7 8; do skiff run --rm --name "gone$1" localhost/busybox:latest true || return 1; done; }
  skiff run -d --name stays localhost/busybox:latest sleep 1000
  for i in 1 2 3; do come_and_go $i 3>&- & done
  while [[ -n $(jobs -rp) ]]; do skiff network reload --all; done
  for job in $(jobs -p); do wait "$job"; done
  run skiff network reload nobody
  [ "$status" -ne 0 ]
  remove_all
}

@test "reload brings back flushed rules, a deleted bridge and ip_forward, for all pods" {
  skiff network create --subnet 10.5.0.0/24 --subnet fd12:5::/64 blue
  serve a -p 8081:80
  serve b -p 8082:80 --network blue
  serve c -p 8083:80 --network blue
  eventually 5 fetch 127.0.0.1:8083
  before=$(nft -j list table inet skiff | jq -S 'del(.. | .handle?)')
  nft flush ruleset
  ip link del skiff0
  sysctl -qw net.ipv4.ip_forward=0
  run fetch 127.0.0.1:8082
  [ "$status" -ne 0 ]
  [ "$(skiff network reload --all | wc -l)" -eq 3 ]
  [ "$(nft -j list table inet skiff | jq -S 'del(.. | .handle?)' | jq -S '[.nftables[] | tostring] | sort')" = \
    "$(jq -S '[.nftables[] | tostring] | sort' <<< "$before")" ]
  for n in 1 2 3; do fetch "127.0.0.1:808$n"; done
  [ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ]
}

@test "the next pod repairs what another program destroyed" {
  serve a -p 8081:80
  eventually 5 fetch 127.0.0.1:8081
  nft flush ruleset
  ip link del skiff0
  serve b -p 8082:80
  eventually 5 fetch 127.0.0.1:8081
  eventually 5 fetch 127.0.0.1:8082
}

@test "playing what runs repairs what another program destroyed, and says so" {
  skiff network create --subnet 10.5.0.0/24 blue
  cat > "$BATS_TEST_TMPDIR/app.yaml" <<END
apiVersion: v1
kind: Pod
metadata: {name: one}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: c, image: localhost/busybox:latest, ports: [{containerPort: 80, hostPort: 8081}],
    command: [sh, -c, "mkdir /w; echo page > /w/index.html; exec httpd -f -p 80 -h /w"]}]
---
apiVersion: v1
kind: Pod
metadata: {name: two}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: c, image: localhost/busybox:latest, command: [sleep, "1000"]}]
---
apiVersion: v1
kind: Pod
metadata: {name: third}
spec:
  terminationGracePeriodSeconds: 0
  hostNetwork: true
  containers: [{name: c, image: localhost/busybox:latest, command: [sleep, "1000"]}]
END
  replay() { run skiff kube play --network blue "$BATS_TEST_TMPDIR/app.yaml"; [ "$status" -eq 0 ]; }
  repaired() { [ "$(grep -o 'pod/.* (network repaired)' <<< "$output" | awk '{print $1}' | xargs)" = "$*" ]; }
  replay
  eventually 5 fetch 127.0.0.1:8081
  replay
  repaired
  bridge=$(skiff network inspect blue | jq -r ".[0].network_interface")
  ip link del "$bridge"
  replay
  repaired pod/one pod/two
  fetch 127.0.0.1:8081
  nft delete table inet skiff
  replay
  repaired pod/one pod/two
  fetch 127.0.0.1:8081
  nsenter -n -t "$(skiff inspect --format '{{.State.Pid}}' two-c)" ip link del eth0
  replay
  repaired pod/two
  inside two-c wget -q -T 3 -t 1 -O - "http://$(address one-c)/"
  ip link set "$bridge" down
  replay
  repaired pod/one pod/two
  fetch 127.0.0.1:8081
  replay
  repaired
  # What cannot be repaired is an error that says why.
  ip link del "$bridge"
  ip link add "$bridge" type bridge
  run skiff kube play --network blue "$BATS_TEST_TMPDIR/app.yaml"
  [ "$status" -eq 125 ]
  output_has "interface $bridge of the host is no bridge of skiff's"
  ip link del "$bridge"
  replay
  repaired pod/one pod/two
  skiff kube down "$BATS_TEST_TMPDIR/app.yaml"
}

@test "foreign forward chains with policy drop are passed by every network and family" {
  nft 'add table inet fw; add chain inet fw forward { type filter hook forward priority 10; policy drop; }'
  nft 'add table ip6 fw6; add chain ip6 fw6 forward { type filter hook forward priority 10; policy drop; }'
  skiff network create --subnet 10.5.0.0/24 --subnet fd12:5::/64 blue
  serve a
  serve b --network blue
  eventually 5 inside a wget -q -T 1 -t 1 -O - "http://$(address b)/"
  nft -j list chain ip6 fw6 forward | jq -e '[.nftables[].rule | select(.comment? // "" | startswith("skiff: "))] | length == 2'
  remove_all
  eventually 5 sh -c '! nft list ruleset | grep -q "skiff: "'
  nft delete table inet fw
  nft delete table ip6 fw6
}

@test "a route into the network's subnet that came later is an error that names it; a wider one is not" {
  skiff network create --subnet 10.5.0.0/24 blue
  ip link add parent0 type veth peer name parent1
  ip addr add 192.0.2.1/24 dev parent0
  ip link set parent0 up
  ip route add 10.5.0.128/25 via 192.0.2.9
  run skiff run -d --network blue localhost/busybox:latest sleep 600
  [ "$status" -eq 126 ]
  output_has "route to 10.5.0.128/25 through parent0, inside of the network's subnet 10.5.0.0/24"
  remove_all
  eventually 5 [ ! -e /sys/class/net/skiff1 ]
  eventually 5 [ ! -e /run/skiff/leases/blue ]
  ip route del 10.5.0.128/25
  ip route add 10.0.0.0/8 via 192.0.2.9
  box a --network blue
  ip route del 10.0.0.0/8
}

@test "an interface of another program that has the bridge's name is an error, and stays" {
  skiff network create --subnet 10.5.0.0/24 --interface-name theirs blue
  for kind in "bridge" "veth peer name parent1"; do
    # shellcheck disable=SC2086
    ip link add theirs type $kind
    run skiff run --rm --network blue localhost/busybox:latest true
    [ "$status" -eq 126 ]
    output_has "interface theirs of the host is no bridge of skiff's"
    skiff ps -a > /dev/null
    ip link del theirs
  done
  skiff run --rm --network blue localhost/busybox:latest true
  # Without a gateway, too, a bridge of ours is known as such.
  skiff network create --internal --disable-dns in
  box a --network in
  box b --network in
  remove_all
  assert_nothing_left
}

@test "/etc/hosts has the pod's address on each network, as podman's, also of networks that it joins and leaves" {
  skiff network create --subnet 10.5.0.0/24 --subnet fd12:5::/64 blue
  skiff network create --subnet 10.6.0.0/24 green
  box a --network blue --hostname hn
  lines() { skiff exec a grep -w hn /etc/hosts | tr '\t' ' ' | paste -sd,; }
  [ "$(lines)" = "$(address a) hn a,$(address a eth0 -6) hn a" ]
  skiff network connect green a
  [ "$(lines)" = "$(address a) hn a,$(address a eth0 -6) hn a,$(address a eth1) hn a" ]
  skiff network disconnect blue a
  [ "$(lines)" = "$(address a eth1) hn a" ]
}

@test "names go on after connect and disconnect: resolv.conf and the host's names follow the networks" {
  skiff network create --subnet 10.5.0.0/24 blue
  skiff network create --subnet 10.6.0.0/24 green
  box a --network blue
  box peer --network green
  servers() { skiff exec a awk '$1 == "nameserver" { print $2 }' /etc/resolv.conf | xargs; }
  [ "$(servers)" = 10.5.0.1 ]
  skiff network connect green a
  [ "$(servers)" = "10.5.0.1 10.6.0.1" ]
  skiff network disconnect blue a  # its bridge and its name server go
  [ "$(servers)" = 10.6.0.1 ]
  run timeout 30 skiff exec a nslookup peer.dns.podman
  output_has "$(address peer)"
  [ "$(skiff exec a awk '/host.containers.internal/ { print $1 }' /etc/hosts)" = 10.6.0.1 ]
}

killed_after() {  # SECONDS COMMAND...: it may also have come to its end
  local pid delay=$1
  shift
  "$@" > /dev/null 2>&1 3>&- &
  pid=$!
  sleep "$delay"
  kill -9 "$pid" 2> /dev/null || true
  wait "$pid" 2> /dev/null || true
}

@test "kill -9 of connect, disconnect, publish, unpublish at any moment: the next command puts it right" {
  skiff network create --subnet 10.5.0.0/24 blue
  box a -p 8080:80
  links() { inside a ip -o link | grep -c eth; }
  rules() { nft list table inet skiff | grep -c 'tcp . 9090' || true; }
  for delay in 0.004 0.007 0.010 0.013 0.016 0.020 0.025 0.030 0.040; do
    killed_after "$delay" skiff network connect blue a
    skiff network connect blue a 2> /dev/null || true
    [ "$(links)" = 2 ]
    killed_after "$delay" skiff network disconnect blue a
    skiff network connect blue a 2> /dev/null || true
    [ "$(links)" = 2 ]
    skiff network disconnect blue a
    [ "$(links)" = 1 ]
    [ ! -e /run/skiff/leases/blue ]
    killed_after "$delay" skiff pod publish a 9090:80
    skiff pod publish a 9090:80 > /dev/null 2>&1 || true
    [ "$(rules)" -ge 1 ]
    ss -ltn | grep -q :9090
    killed_after "$delay" skiff pod unpublish a 9090
    skiff pod publish a 9090:80 > /dev/null 2>&1 || true
    [ "$(rules)" -ge 1 ]
    skiff pod unpublish a 9090 > /dev/null
    [ "$(rules)" = 0 ]
    [ "$(ss -ltn | grep -c :9090)" = 0 ]
  done
  remove_all
  assert_nothing_left
}

@test "20 commands at once on four networks leave nothing" {
  for n in 1 2 3 4; do skiff network create "net$n"; done
  for i in $(seq 20); do
    skiff run --rm --network "net$((i % 4 + 1))" --network skiff localhost/busybox:latest \
      sh -c 'ip -o -4 addr | grep -c eth' > "$BATS_TEST_TMPDIR/out$i" 2>&1 3>&- &
  done
  wait
  for i in $(seq 20); do [ "$(cat "$BATS_TEST_TMPDIR/out$i")" = 2 ] || { cat "$BATS_TEST_TMPDIR/out$i"; false; }; done
  skiff network prune -f
  assert_nothing_left
}
