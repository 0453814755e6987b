# Services with sessionAffinity: a client stays with its endpoint. The clients are addresses of a host beside ours, which come to
# a node port, so that there are many of both families.

load common
load services

setup_file() {
  common_setup_file
  skiff network create --subnet 10.7.0.0/24 --subnet fd07::/64 dual > /dev/null
}

clients=(192.0.2.{10..17} 2001:db8::{10..17})

# The host beside ours with all its addresses.
setup() {
  other_host
  ip addr add 2001:db8::1/64 dev uplink nodad
  local client
  for client in "${clients[@]}"; do
    if [[ $client == *:* ]]; then ip -n other addr add "$client/64" dev eth0 nodad; else ip -n other addr add "$client/24" dev eth0; fi
  done
}

affinity_yaml() {  # NAME NODE-PORT [SECONDS]
  service_yaml "$1" "  type: NodePort
  ipFamilyPolicy: RequireDualStack
  sessionAffinity: ClientIP
  sessionAffinityConfig: {clientIP: {timeoutSeconds: ${3:-10800}}}
  ports: [{port: 80, targetPort: page, nodePort: $2}]"
}

play_dual() {  # NAME < YAML
  cat > "$BATS_TEST_TMPDIR/$1.yaml"
  timeout 90 skiff kube play -q --network dual "$BATS_TEST_TMPDIR/$1.yaml"
}

serves() { eventually 10 in_pod "$1" c wget -q -O /dev/null http://127.0.0.1:8080/; }

# The pod that answers a client. A new connection each time.
pod_of() {  # CLIENT NODE-PORT
  local host=192.0.2.1
  [[ $1 != *:* ]] || host='[2001:db8::1]'
  ip netns exec other wget -q -T 5 -t 1 -O - --bind-address="$1" "http://$host:$2/"
}
pods_of_all() { for client in "${clients[@]}"; do echo "$client $(pod_of "$client" "${1:-30080}")"; done; }

# From the kernel: CLIENT SECONDS-LEFT, one a line, of all endpoints.
remembered() {
  nft -j list ruleset | jq -r '.nftables[].set? | select(.name // "" | startswith("for-")) | .elem[]?.elem | "\(.val) \(.expires)"'
}
left_of() { remembered | awk -v client="$1" '$1 == client {print $2}'; }

@test "many clients spread over the pods and stay where they are, while pods come and go" {
  { affinity_yaml web 30080; pod_yaml a; pod_yaml b; } | play_dual web
  serves a
  serves b
  first=$(pods_of_all)
  [ "$(awk '{print $2}' <<< "$first" | sort -u | xargs)" = "a b" ]
  [ "$(remembered | awk '{print $1}' | sort)" = "$(printf '%s\n' "${clients[@]}" | sort)" ]
  for _ in 1 2 3; do [ "$(pods_of_all)" = "$first" ]; done
  pod_yaml d | play_dual d
  pod_yaml e | play_dual e
  serves d
  serves e
  [ "$(nft list ruleset | grep -c 'dnat ip6 to \[fd07::')" -eq 4 ]  # all four of them are there to be chosen
  [ "$(pods_of_all)" = "$first" ]
  # Those of a pod that leaves go elsewhere and stay there, nobody else moves.
  gone=$(awk 'NR == 1 {print $2}' <<< "$first")
  skiff pod rm -f -t 0 "$gone" > /dev/null
  second=$(pods_of_all)
  [ "$(grep -c " $gone\$" <<< "$second")" -eq 0 ]
  [ "$(grep -c . <<< "$second")" -eq "${#clients[@]}" ]
  stayed=$(grep -v " $gone\$" <<< "$first")
  [ "$(grep -Ff <(awk '{print $1 " "}' <<< "$stayed") <<< "$second")" = "$stayed" ]
  [ "$(pods_of_all)" = "$second" ]
  # Who had a pod of that name is not sent back.
  pod_yaml "$gone" | play_dual again
  serves "$gone"
  [ "$(pods_of_all)" = "$second" ]
  skiff pod rm -f -t 0 -a > /dev/null
  run pod_of "${clients[0]}" 30080
  [ "$status" -ne 0 ]
}

@test "nft prints the rules, as text and as JSON; removing the Service leaves the table as it was" {
  { service_yaml plain "$web_ports"; pod_yaml a; pod_yaml b; } | play_dual plain
  serves a
  table() { nft list table inet skiff-services | tr ',' '\n' | sed 's/^[[:space:]]*//' | sort; }
  before=$(table)
  affinity_yaml web 30080 | play_dual web
  # Of both families, so that what is left is also the table of IPv4 alone.
  pods_of_all > /dev/null
  nft list ruleset > "$BATS_TEST_TMPDIR/text"
  grep -q 'timeout 3h' "$BATS_TEST_TMPDIR/text"
  grep -Eq 'update @for-[0-9a-f]{16} \{ ip saddr \}' "$BATS_TEST_TMPDIR/text"
  grep -Eq 'ip6 saddr @for-[0-9a-f]{16} goto ep-' "$BATS_TEST_TMPDIR/text"
  nft -j list ruleset > "$BATS_TEST_TMPDIR/json"
  [ "$(jq '[.nftables[].set? | select(.name // "" | startswith("for-"))] | length' "$BATS_TEST_TMPDIR/json")" -eq 4 ]
  nft list table inet skiff-services > /dev/null
  skiff kube down "$BATS_TEST_TMPDIR/web.yaml" > /dev/null
  [ "$(table)" = "$before" ]
}

@test "each port of a Service and each Service has clients of its own; TCP and UDP" {
  {
    service_yaml web "  sessionAffinity: ClientIP
  type: NodePort
  ports:
    - {name: http, port: 80, targetPort: page, nodePort: 30080}
    - {name: time, protocol: UDP, port: 80, targetPort: 8123, nodePort: 30080}"
    affinity_yaml other 30081
    pod_yaml a; pod_yaml b
  } | play_dual web
  servers=()
  for pod in a b; do
    serves "$pod"
    nsenter -n -t "$(skiff inspect --format '{{.State.Pid}}' $pod-c)" perl -MIO::Socket::INET -e \
      '$s = IO::Socket::INET->new(LocalPort => 8123, Proto => "udp") or die; while ($s->recv($_, 100)) { $s->send("@ARGV") }' $pod 3>&- &
    servers+=($!)
  done
  udp_pod_of() {  # CLIENT: from a socket of its own each time
    ip netns exec other perl -MIO::Socket::INET -e 'for (1 .. 50) { $s = IO::Socket::INET->new(LocalAddr => $ARGV[0],
      PeerAddr => "192.0.2.1:30080", Proto => "udp"); $s->send("x"); eval { local $SIG{ALRM} = sub { die }; alarm 1; $s->recv($got, 100); alarm 0 };
      last if $got; select(undef, undef, undef, 0.1) } print "$got\n"' "$1"
  }
  v4=(192.0.2.{10..17})
  all() { for client in "${v4[@]}"; do echo "$(pod_of "$client" 30080) $(udp_pod_of "$client") $(pod_of "$client" 30081)"; done; }
  for client in "${v4[@]}"; do udp_pod_of "$client"; done > /dev/null  # until both servers answer
  first=$(all)
  [ "$(all)" = "$first" ]
  [ "$(all)" = "$first" ]
  # By chance all columns are the same once in 2^16 times.
  [ "$(awk '$1 != $2 || $1 != $3' <<< "$first" | wc -l)" -gt 0 ]
  [ "$(remembered | wc -l)" -eq 24 ]
  kill "${servers[@]}"
}

@test "a client is forgotten after timeoutSeconds without a new connection; the time can be changed" {
  { affinity_yaml web 30080 1000; pod_yaml a; pod_yaml b; } | play_dual web
  serves a
  serves b
  client=192.0.2.10 client6=2001:db8::10
  pod_of $client6 30080 > /dev/null
  first=$(pod_of $client 30080)
  # A connection starts the time anew.
  eventually 20 eval '(($(left_of $client) <= 994))'
  [ "$(pod_of $client 30080)" = "$first" ]
  (($(left_of $client) > 994))
  (($(left_of $client6) <= 994))
  # As after two connections at once: it is with the other pod too, where it was longer ago.
  other=$(nft -j list ruleset | jq -r --arg client $client '.nftables[].set? | select(.name // "" | startswith("for-")) |
    select(.type == "ipv4_addr" and ([.elem[]?.elem.val] | index($client) | not)) | .name')
  nft add element inet skiff-services "$other" "{ $client timeout 1000s expires 400s }"
  [ "$(remembered | grep -c "^$client ")" -eq 2 ]
  # Less time: nobody has more of it than that. Nobody is forgotten for it either.
  affinity_yaml web 30080 500 | play_dual web
  [ "$(remembered | wc -l)" -eq 2 ]
  (($(left_of $client) <= 500 && $(left_of $client6) <= 500))
  [ "$(pod_of $client 30080)" = "$first" ]
  affinity_yaml web 30080 1 | play_dual web
  eventually 10 eval '[ -z "$(remembered)" ]'
  moved() {
    eventually 10 eval '[ -z "$(remembered)" ]'
    [ "$(pod_of $client 30080)" != "$first" ]
  }
  eventually 10 moved
}

@test "with more clients than are remembered all are served, and those that are known stay known" {
  { affinity_yaml web 30080; pod_yaml a; } | play_dual web
  serves a
  [ "$(pod_of 192.0.2.10 30080)" = a ]
  set=$(nft list ruleset | grep -oE 'ip saddr @for-[0-9a-f]+' | grep -oE 'for-[0-9a-f]+' | head -1)
  perl -e 'print "add element inet skiff-services $ARGV[0] { ", join(", ", map { "10.200." . int($_ / 256) . "." . $_ % 256 } 1 .. 16383), " }\n"' \
    "$set" | nft -f -
  [ "$(pod_of 192.0.2.11 30080)" = a ]
  [ -z "$(left_of 192.0.2.11)" ]
  # A change takes them all along.
  pod_yaml b | play_dual b
  serves b
  [ "$(remembered | wc -l)" -ge 16384 ]
  [ -n "$(left_of 10.200.63.255)" ]
  for _ in 1 2 3 4 5 6; do [ "$(pod_of 192.0.2.10 30080)" = a ]; done
}
