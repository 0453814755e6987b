# Published ports: notations, protocols, changes while a pod runs, taken ones.

load common

setup_file() { common_setup_file; }
teardown() { remove_all; }

serve() {  # NAME FLAG...
  local name=$1
  shift
  skiff run -d --name "$name" "$@" localhost/busybox:latest \
    sh -c "mkdir /w; echo page-of-$name > /w/index.html; httpd -p 81 -h /w; exec httpd -f -p 80 -h /w" > /dev/null
}
inside() { nsenter -n -t "$(skiff inspect --format '{{.State.Pid}}' "$1")" "${@:2}"; }
fetch() { wget -q -T 3 -t 1 -O - "http://$1/"; }
port_elements() { nft -j list map inet skiff "$1" | jq '.nftables[] | .map? | select(.) | .elem // [] | length'; }

@test "ranges, a host port of the kernel's choice, exposed ports; port prints them as podman" {
  serve web -p 8000-8001:80-81 -p 80 -p 127.0.0.1:9000:80
  eventually 5 fetch 127.0.0.1:8001
  [ "$(fetch 127.0.0.1:8000)" = page-of-web ]
  free=$(skiff port web | sed -n 's|^80/tcp -> 0.0.0.0:||p' | grep -vx 8000)
  [ "$(fetch "127.0.0.1:$free")" = page-of-web ]
  skiff port web | grep -qx '81/tcp -> 0.0.0.0:8001'
  skiff port web | grep -qx '80/tcp -> 127.0.0.1:9000'
  [ "$(skiff port web 81)" = 0.0.0.0:8001 ]
  run skiff port web 99
  [ "$status" -eq 125 ]
  serve all -P --expose 80-81
  [ "$(skiff port all | wc -l)" -eq 2 ]
  eventually 5 fetch "127.0.0.1:$(skiff port all 81/tcp | sed 's/.*://')"
}

@test "publish and unpublish while it runs, without a restart; the socket is held and given back" {
  serve web
  pid=$(skiff inspect --format '{{.State.Pid}}' web)
  skiff pod publish web 8080:80 127.0.0.1:8081:81/tcp
  eventually 5 fetch 127.0.0.1:8080
  [ "$(fetch '[::1]:8080')" = page-of-web ]
  [ "$(fetch 127.0.0.1:8081)" = page-of-web ]
  [ "$(skiff inspect --format '{{.State.Pid}}' web)" = "$pid" ]
  run busybox httpd -f -p 8080
  [ "$status" -ne 0 ]
  run skiff run --rm -p 8080:80 localhost/busybox:latest true
  [ "$status" -eq 126 ]
  output_has "port 8080/tcp is in use by pod web"
  run skiff pod publish web 8080:81
  [ "$status" -eq 125 ]
  output_has "already"
  # Held by the reaper, so a killed supervisor changes nothing.
  pkill -KILL -f '^[^ ]*skiff-supervisor '
  eventually 5 fetch '[::1]:8080'
  skiff pod unpublish web 8080
  run fetch 127.0.0.1:8080
  [ "$status" -ne 0 ]
  [ "$(fetch 127.0.0.1:8081)" = page-of-web ]
  busybox httpd -p 8080 -h /etc 3>&-   # free again
  pkill -f '^busybox httpd -p 8080'
  run skiff pod unpublish web 8080
  [ "$status" -eq 125 ]
  output_has "port 8080/tcp is not published"
  [ "$(skiff port web)" = "81/tcp -> 127.0.0.1:8081" ]
  skiff restart -t 0 web
  eventually 5 fetch 127.0.0.1:8081
}

@test "a port of the YAML can be unpublished and published elsewhere" {
  play << 'YAML'
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: c
      image: localhost/busybox:latest
      command: [sh, -c, "mkdir /w; echo page > /w/index.html; exec httpd -f -p 80 -h /w"]
      ports: [{containerPort: 80, hostPort: 8080}]
YAML
  eventually 5 fetch 127.0.0.1:8080
  skiff pod unpublish web 8080
  skiff pod publish web 8090:80
  [ "$(fetch 127.0.0.1:8090)" = page ]
  run fetch 127.0.0.1:8080
  [ "$status" -ne 0 ]
  [ "$(port_elements port4any)" = 1 ]
}

@test "taken ports name their holder: IPv6, UDP, ranges; nothing is left" {
  perl -MIO::Socket::IP -e 'my $s = IO::Socket::IP->new(LocalHost => "::1", LocalPort => 8090, Listen => 1) or die; sleep 60' 3>&- &
  six=$!
  perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(LocalPort => 8095, Proto => "udp") or die; sleep 60' 3>&- &
  udp=$!
  sleep 0.5
  run skiff run --rm -p 8090:80 localhost/busybox:latest true
  [ "$status" -eq 126 ]
  output_has "port 8090/tcp is in use by perl (pid $six)"
  run skiff run --rm -p 8093-8096:80-83/udp localhost/busybox:latest true
  [ "$status" -eq 126 ]
  output_has "port 8095/udp is in use by perl (pid $udp)"
  kill "$six" "$udp"
  assert_nothing_left
}

@test "port 53 on every address is skiff-dns's where it runs; on one address it can be published" {
  skiff run -d --name one localhost/busybox:latest sleep 1000 > /dev/null
  run skiff run -d -p 53:53/udp localhost/busybox:latest sleep 1000
  [ "$status" -eq 126 ]
  output_has "port 53/udp is in use by skiff-dns (pid"
  output_has "ADDRESS:53:53"
  ip addr add 192.0.2.1/32 dev lo
  skiff run -d --name resolver -p 192.0.2.1:53:53/udp localhost/busybox:latest sleep 1000 > /dev/null
  nft list map inet skiff port4 | grep -q '192.0.2.1 . udp . 53'
  [ "$(nsenter -n -t "$(skiff inspect --format '{{.State.Pid}}' one)" dig +short +tries=1 @10.89.0.1 resolver A)" = \
    "$(skiff inspect --format '{{.NetworkSettings.IPAddress}}' resolver)" ]
  ip addr del 192.0.2.1/32 dev lo
}

@test "UDP: relay of [::1], and a client that keeps its socket follows the port to another pod" {
  udp_server() {  # NAME: answers with its name
    inside "$1" perl -MIO::Socket::INET -e '
      my $s = IO::Socket::INET->new(LocalPort => 5000, Proto => "udp") or die;
      while ($s->recv(my $d, 100)) { $s->send($ARGV[0]) }' "$1" > /dev/null 2>&1 3>&- &
  }
  serve first -p 5001:5000/udp
  udp_server first
  sleep 0.5
  client='use IO::Socket::IP; my $s = IO::Socket::IP->new(PeerHost => $ARGV[0], PeerPort => 5001, Proto => "udp", LocalPort => 6000) or die;
    $SIG{ALRM} = sub { exit 1 }; alarm 3; $s->send("x"); $s->recv(my $d, 100); print $d'
  [ "$(perl -e "$client" ::1)" = first ]
  [ "$(perl -e "$client" 127.0.0.1)" = first ]
  skiff rm -f -t 0 first
  serve second -p 5001:5000/udp
  udp_server second
  sleep 0.5
  # The same source port: a flow that was left behind would lead to the first one.
  [ "$(perl -e "$client" 127.0.0.1)" = second ]
  [ "$(perl -e "$client" ::1)" = second ]
  pkill -f 'LocalPort => 5000'  # they are in the network of a pod, not in its container
}

@test "SCTP is translated" {
  serve web -p 7000:7001/sctp
  nft -j list map inet skiff port4any | jq -e '.nftables[] | .map? | select(.) | .elem[0][0].concat == ["sctp", 7000]'
}

@test "a range of 2000 ports" {
  serve web -p 20000-21999:1000-2999
  [ "$(port_elements port4any)" = 2000 ]
  inside web busybox httpd -f -p 2999 -h /etc > /dev/null 2>&1 3>&- &
  eventually 5 wget -q -T 3 -O /dev/null http://127.0.0.1:21999/hostname
  wget -q -T 3 -O - 'http://[::1]:21999/hostname'
  pkill -f 'httpd -f -p 2999'
  skiff rm -f -t 0 web
  assert_nothing_left
}
