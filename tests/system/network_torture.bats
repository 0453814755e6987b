# Pods, networks, ports and Services that come and go at random; tests/system/network-torture says how.
# SKIFF_NETWORK_ROUNDS: how many rounds (500 before a release).

load common

@test "random changes of pods, networks, published ports, readiness and Services" {
  "$BATS_TEST_DIRNAME/network-torture" --rounds "${SKIFF_NETWORK_ROUNDS:-30}"
}
