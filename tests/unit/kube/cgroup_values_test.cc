#include "kube/translate/cgroup_values.h"

#include <gtest/gtest.h>

namespace skiff::kube {
namespace {

Quantity Q(const char* text) { return *Quantity::Parse(text); }

Container WithResources(const ResourceList& requests, const ResourceList& limits) {
  Container container;
  container.resources = {.limits = limits, .requests = requests};
  return container;
}

// The table of kube-semantics.md 15.
TEST(CgroupValues, SharesAndQuotaOfCpu) {
  const struct { int64_t milli; uint64_t shares; int64_t quota; } vectors[] = {
      {5, 5, 1000},      {100, 102, 10000},  {250, 256, 25000},  {500, 512, 50000},
      {1000, 1024, 100000}, {2000, 2048, 200000}, {4000, 4096, 400000}};
  for (const auto& [milli, shares, quota] : vectors) {
    EXPECT_EQ(CpuShares(milli), shares) << milli;
    EXPECT_EQ(CpuQuota(milli), quota) << milli;
  }
  EXPECT_EQ(CpuShares(0), 2u);
  EXPECT_EQ(CpuShares(INT64_MAX), 262144u);
  EXPECT_EQ(CpuQuota(1), 1000);
}

TEST(CgroupValues, OfAContainer) {
  const pod::Resources none = ContainerResources({});
  EXPECT_EQ(none.cpu_shares, 2u);
  EXPECT_FALSE(none.cpu_quota || none.memory_limit || none.memory_reservation || none.pids_limit);
  const pod::Resources some =
      ContainerResources(WithResources({{"cpu", Q("250m")}, {"memory", Q("16Mi")}}, {{"cpu", Q("500m")}, {"memory", Q("32Mi")}}).resources);
  EXPECT_EQ(some.cpu_shares, 256u);
  EXPECT_EQ(some.cpu_quota, 50000);
  EXPECT_EQ(some.cpu_period, 100000u);
  EXPECT_EQ(some.memory_limit, 32 << 20);
  EXPECT_EQ(some.memory_swap, some.memory_limit);
  EXPECT_FALSE(some.memory_reservation);
  EXPECT_TRUE(some.oom_kill_group);
  EXPECT_FALSE(ContainerResources(WithResources({}, {{"cpu", Q("0")}}).resources).cpu_quota) << "zero is no limit";
}

TEST(CgroupValues, OfThePod) {
  PodSpec spec;
  spec.containers = {WithResources({{"cpu", Q("100m")}, {"memory", Q("8Mi")}}, {{"memory", Q("16Mi")}}),
                     WithResources({{"cpu", Q("200m")}}, {})};
  EXPECT_EQ(PodResources(spec).cpu_shares, CpuShares(300));
  EXPECT_FALSE(PodResources(spec).memory_limit) << "one container has none";
  spec.containers[1].resources.limits["memory"] = Q("32Mi");
  EXPECT_EQ(PodResources(spec).memory_limit, 48 << 20);
  spec.init_containers = {WithResources({{"cpu", Q("1")}}, {{"memory", Q("100Mi")}})};
  EXPECT_EQ(PodResources(spec).memory_limit, 100 << 20) << "the larger of init containers and containers";
  EXPECT_EQ(PodResources(spec).cpu_shares, 1024u);
  spec.resources.emplace().limits["memory"] = Q("64Mi");
  EXPECT_EQ(PodResources(spec).memory_limit, 64 << 20);
  spec = {.containers = {WithResources({}, {})}};
  spec.resources.emplace().limits["cpu"] = Q("2");
  EXPECT_EQ(PodResources(spec).cpu_shares, 2048u) << "the pod's limit is its request when nobody asks for anything";
  EXPECT_EQ(PodResources(spec).cpu_quota, 200000);
}

TEST(CgroupValues, QosClassAndOomScore) {
  constexpr int64_t kNode = 1 << 30;
  PodSpec spec;
  spec.containers = {WithResources({}, {})};
  EXPECT_EQ(QosOf(spec), QosClass::kBestEffort);
  EXPECT_EQ(OomScoreAdj(spec, spec.containers[0], kNode), 1000);
  const ResourceList both = {{"cpu", Q("1")}, {"memory", Q("256Mi")}};
  spec.containers = {WithResources(both, both)};
  EXPECT_EQ(QosOf(spec), QosClass::kGuaranteed);
  EXPECT_EQ(OomScoreAdj(spec, spec.containers[0], kNode), -997);
  spec.containers = {WithResources({{"memory", Q("256Mi")}}, {})};
  EXPECT_EQ(QosOf(spec), QosClass::kBurstable);
  EXPECT_EQ(OomScoreAdj(spec, spec.containers[0], kNode), 750);
  spec.containers = {WithResources({{"memory", Q("2Gi")}}, {}), WithResources({{"cpu", Q("1m")}}, {})};
  EXPECT_EQ(OomScoreAdj(spec, spec.containers[0], kNode), 3) << "never as safe as a guaranteed one";
  EXPECT_EQ(OomScoreAdj(spec, spec.containers[1], kNode), 999) << "never as bad as best effort";
  Container sidecar = WithResources({{"cpu", Q("1m")}}, {});
  sidecar.restart_policy = "Always";
  spec.init_containers = {sidecar};
  spec.containers = {WithResources({{"memory", Q("512Mi")}}, {}), WithResources({{"memory", Q("256Mi")}}, {})};
  EXPECT_EQ(OomScoreAdj(spec, spec.init_containers[0], kNode), 750);
}

}  // namespace
}  // namespace skiff::kube
