# What the tests of Services have in common: pods that say who they are, Services, and a host beside ours.

# Leaves nothing of a test behind.
teardown() {
  remove_all  # first, as `kube down` leaves pods their time
  for file in "$BATS_TEST_TMPDIR"/*.yaml; do [[ ! -f $file ]] || skiff kube down --force "$file" > /dev/null 2>&1 || true; done
  ip link del uplink 2> /dev/null || true
  ip netns del other 2> /dev/null || true
}

pod_yaml() {  # NAME [LABEL] [PORT-NAME]: a page that names its pod
  cat << YAML
---
apiVersion: v1
kind: Pod
metadata: {name: $1, labels: {app: ${2:-web}}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: c
      image: localhost/busybox:latest
      command: [sh, -c, "mkdir /w; echo $1 > /w/index.html; exec httpd -f -p 8080 -h /w"]
      ports: [{name: ${3:-page}, containerPort: 8080}]
YAML
}

service_yaml() {  # NAME SPEC-LINES
  printf -- '---\napiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec:\n  selector: {app: web}\n%s\n' "$1" "$2"
}
web_ports='  ports: [{name: http, port: 80, targetPort: page}]'

play_file() {  # NAME < YAML
  cat > "$BATS_TEST_TMPDIR/$1.yaml"
  timeout 90 skiff kube play -q "$BATS_TEST_TMPDIR/$1.yaml"
}

fetch() { wget -q -T 5 -t 1 -O - "http://$1/"; }
fetch_in() { in_pod "$1" c wget -q -O - "http://$2/"; }  # with -T the static busybox crashes

# From the kernel: the first address of the table that is not a node port's.
cluster_ip() {
  nft -j list map inet skiff-services addresses 2> /dev/null | jq -r '.nftables[] | .map?.elem[]?[0].concat[0]' | head -1
}
idle_ip() { nft -j list set inet skiff-services idle-addresses | jq -r '.nftables[] | .set?.elem[]?.concat[0]' | head -1; }
node_port() { nft -j list map inet skiff-services ports | jq -r '.nftables[] | .map?.elem[]?[0].concat[1]' | head -1; }

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

answers() {  # COUNT COMMAND...: the different answers, sorted
  local count=$1
  shift
  for _ in $(seq "$count"); do "$@"; done | sort -u | xargs
}
