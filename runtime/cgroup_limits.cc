#include <algorithm>
#include <cmath>

#include "runtime/cgroup.h"
#include "runtime/cgroup_file.h"

namespace skiff::runtime {
namespace {

using common::Error;
using common::ErrorCode;
using common::MakeError;
using common::Result;

// A missing file means that its controller is not enabled there.
Result<> WriteLimit(const std::string& directory, const char* file, const std::string& value) {
  auto result = WriteCgroupFile(directory + "/" + file, value);
  if (result || result.error().code() != ErrorCode::kNotFound) return result;
  const std::string name = file;
  return MakeError(ErrorCode::kUnsupported,
                   "cannot limit: {} has no file {} (the cgroup controller \"{}\" is not enabled there)",
                   directory, file, name.substr(0, name.find('.')));
}

std::string OrMax(int64_t value) { return value < 0 ? "max" : std::to_string(value); }

// kube-semantics.md 3.3: the curve of crun 1.23 and runc 1.3.2, by which 1024 shares are the default weight
// 100.
uint64_t WeightFromShares(uint64_t shares) {
  if (shares <= 2) return 1;
  if (shares >= 262144) return 10000;
  const double l = std::log2(static_cast<double>(shares));
  return static_cast<uint64_t>(std::ceil(std::pow(10, (l * l + 125 * l) / 612.0 - 7.0 / 34.0)));
}

// The kernel wants limit <= memory+swap at every moment: which is written first depends on the direction.
Result<> SetMemoryV1(const std::string& directory, const OciResources& resources) {
  const auto set_swap = [&]() -> Result<> {
    if (!resources.memory_swap) return {};
    auto result =
        WriteCgroupFile(directory + "/memory.memsw.limit_in_bytes", std::to_string(*resources.memory_swap));
    // A kernel that does not count swap has no such file.
    if (!result && result.error().code() == ErrorCode::kNotFound) return {};
    return result;
  };
  if (!resources.memory_limit) return set_swap();
  const std::string limit = std::to_string(*resources.memory_limit);
  auto result = WriteLimit(directory, "memory.limit_in_bytes", limit);
  if (result) return set_swap();
  if (result.error().errno_value() != EINVAL || !resources.memory_swap) return result;
  TRY(set_swap());
  return WriteLimit(directory, "memory.limit_in_bytes", limit);
}

}  // namespace

Result<> Cgroups::SetLimits(const std::string& path, const OciResources& resources) const {
  return unified_ ? SetLimitsV2(path, resources) : SetLimitsV1(path, resources);
}

Result<> Cgroups::SetLimitsV1(const std::string& path, const OciResources& resources) const {
  if (resources.cpu_shares || resources.cpu_quota || resources.cpu_period) {
    ASSIGN_OR_RETURN(const std::string cpu, Directory("cpu", path));
    if (resources.cpu_shares) TRY(WriteLimit(cpu, "cpu.shares", std::to_string(*resources.cpu_shares)));
    if (resources.cpu_period)
      TRY(WriteLimit(cpu, "cpu.cfs_period_us", std::to_string(*resources.cpu_period)));
    if (resources.cpu_quota) TRY(WriteLimit(cpu, "cpu.cfs_quota_us", std::to_string(*resources.cpu_quota)));
  }
  if (!resources.cpuset_cpus.empty()) {
    ASSIGN_OR_RETURN(const std::string cpuset, Directory("cpuset", path));
    TRY(WriteLimit(cpuset, "cpuset.cpus", resources.cpuset_cpus));
  }
  if (resources.memory_limit || resources.memory_reservation || resources.memory_swap) {
    ASSIGN_OR_RETURN(const std::string memory, Directory("memory", path));
    TRY(SetMemoryV1(memory, resources));
    if (resources.memory_reservation)
      TRY(WriteLimit(memory, "memory.soft_limit_in_bytes", std::to_string(*resources.memory_reservation)));
  }
  if (resources.pids_limit) {
    ASSIGN_OR_RETURN(const std::string pids, Directory("pids", path));
    TRY(WriteLimit(pids, "pids.max", OrMax(*resources.pids_limit)));
  }
  return {};
}

Result<> Cgroups::SetLimitsV2(const std::string& path, const OciResources& resources) const {
  ASSIGN_OR_RETURN(const std::string directory, Directory("", path));
  if (resources.cpu_shares)
    TRY(WriteLimit(directory, "cpu.weight", std::to_string(WeightFromShares(*resources.cpu_shares))));
  if (resources.cpu_quota || resources.cpu_period)
    TRY(WriteLimit(directory, "cpu.max",
                   fmt::format("{} {}", OrMax(resources.cpu_quota.value_or(-1)),
                               resources.cpu_period.value_or(100000))));
  if (!resources.cpuset_cpus.empty()) TRY(WriteLimit(directory, "cpuset.cpus", resources.cpuset_cpus));
  if (resources.memory_limit) TRY(WriteLimit(directory, "memory.max", OrMax(*resources.memory_limit)));
  if (resources.memory_reservation)
    TRY(WriteLimit(directory, "memory.low", OrMax(*resources.memory_reservation)));
  if (resources.memory_swap) {
    // OCI counts memory and swap together, v2 swap alone.
    const int64_t total = *resources.memory_swap;
    const int64_t swap = total < 0 ? -1 : std::max<int64_t>(0, total - resources.memory_limit.value_or(0));
    TRY(WriteLimit(directory, "memory.swap.max", OrMax(swap)));
  }
  if (resources.pids_limit) TRY(WriteLimit(directory, "pids.max", OrMax(*resources.pids_limit)));
  for (const auto& [file, value] : resources.unified) TRY(WriteLimit(directory, file.c_str(), value));
  return {};
}

}  // namespace skiff::runtime
