# A pod of ten containers whose supervisors, processes and commands are killed at random; tests/system/pod-torture says how.
# SKIFF_TORTURE_ROUNDS: how many rounds (500 before a release).

load common

@test "random kills of a pod's supervisor, containers, probes and commands" {
  "$BATS_TEST_DIRNAME/pod-torture" --rounds "${SKIFF_TORTURE_ROUNDS:-8}"
}
