#include "network/pod_record.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "common/file.h"
#include "common/json_fields.h"
#include "common/process.h"

namespace skiff::network {

using common::ErrorCode;
using common::Result;

template <typename V>
void VisitFields(V& v, Endpoint& e) {
  v("network", e.network);
  v("reserved", e.reserved);
  v("leases", e.leases);
  v("link", e.link);
  v("interface", e.interface);
  v("mac", e.mac);
  v("ownMac", e.own_mac);
  v("aliases", e.aliases);
}

template <typename V>
void VisitFields(V& v, PodRecord& r) {
  v("podId", r.pod_id);
  v("podName", r.pod_name);
  v("ownerPid", r.owner_pid);
  v("ownerStart", r.owner_start);
  v("endpoints", r.endpoints);
  v("ports", r.ports);
}

namespace {

constexpr std::string_view kSuffix = ".json";
constexpr std::string_view kUnfinished = ".new";

}  // namespace

Endpoint* PodRecord::FindEndpoint(const std::string& network) {
  for (Endpoint& endpoint : endpoints) {
    if (endpoint.network.name == network) return &endpoint;
  }
  return nullptr;
}

const Endpoint* PodRecord::PublishingEndpoint(bool v6) const {
  for (const Endpoint& endpoint : endpoints) {
    if (endpoint.network.is_bridge() && !endpoint.network.internal && endpoint.Has(v6)) return &endpoint;
  }
  return nullptr;
}

const Endpoint* PodRecord::PublishingEndpoint() const {
  const Endpoint* v4 = PublishingEndpoint(false);
  const Endpoint* v6 = PublishingEndpoint(true);
  return v4 == nullptr || (v6 != nullptr && v6 < v4) ? v6 : v4;
}

bool Endpoint::Has(bool v6) const {
  for (const Subnet& subnet : network.subnets) {
    if ((subnet.subnet.find(':') != std::string::npos) == v6) return true;
  }
  return false;
}

std::string EncodePodRecord(const PodRecord& record) { return common::EncodeJson(record); }

Result<PodRecord> DecodePodRecord(const std::string& text, const std::string& what) {
  return common::DecodeJson<PodRecord>(text, what);
}

PodRecords::PodRecords(std::string directory, std::string proc_root)
    : directory_(std::move(directory)), proc_root_(std::move(proc_root)) {}

Result<std::optional<PodRecord>> PodRecords::Load(const std::string& pod_id) const {
  const std::string path = PathOf(pod_id);
  const auto text = common::ReadFile(path);
  if (!text && text.error().code() == ErrorCode::kNotFound) return std::optional<PodRecord>();
  TRY(text);
  ASSIGN_OR_RETURN(PodRecord record, DecodePodRecord(*text, path));
  return std::optional<PodRecord>(std::move(record));
}

Result<PodRecord> PodRecords::LoadOrNew(const std::string& pod_id) const {
  ASSIGN_OR_RETURN(auto record, Load(pod_id));
  if (record) return std::move(*record);
  PodRecord fresh;
  fresh.pod_id = pod_id;
  return fresh;
}

Result<> PodRecords::Store(PodRecord& record) const {
  record.owner_pid = ::getpid();
  ASSIGN_OR_RETURN(record.owner_start, common::ProcessStartTime(::getpid(), proc_root_));
  const std::string text = EncodePodRecord(record);
  auto result = Replace(PathOf(record.pod_id), text);
  if (result || result.error().errno_value() != ENOENT) return result;
  TRY(common::MakeDirectories(directory_));
  return Replace(PathOf(record.pod_id), text);
}

// With one name per pod for the unfinished file, so that a killed command leaves nothing that nobody knows
// of.
Result<> PodRecords::Replace(const std::string& path, const std::string& text) const {
  const std::string unfinished = path + std::string(kUnfinished);
  TRY(common::WriteFile(unfinished, text, 0600));
  if (::rename(unfinished.c_str(), path.c_str()) != 0) return common::ErrnoError("rename {}", unfinished);
  return {};
}

Result<> PodRecords::Remove(const std::string& pod_id) const {
  TRY(common::RemoveFile(PathOf(pod_id) + std::string(kUnfinished)));
  return common::RemoveFile(PathOf(pod_id));
}

Result<> PodRecords::RemoveUnfinished() const {
  const auto names = common::ListDirectory(directory_);
  if (!names && names.error().code() == ErrorCode::kNotFound) return {};
  TRY(names);
  for (const std::string& name : *names) {
    if (!name.ends_with(kUnfinished)) continue;
    const std::string path = directory_ + "/" + name;
    if (!common::PathExists(path.substr(0, path.size() - kUnfinished.size()))) TRY(common::RemoveFile(path));
  }
  return {};
}

Result<std::vector<std::string>> PodRecords::ListIds() const {
  const auto names = common::ListDirectory(directory_);
  if (!names && names.error().code() == ErrorCode::kNotFound) return std::vector<std::string>();
  TRY(names);
  std::vector<std::string> ids;
  for (const std::string& name : *names) {
    if (name.ends_with(kSuffix)) ids.push_back(name.substr(0, name.size() - kSuffix.size()));
  }
  return ids;
}

Result<std::vector<PodRecord>> PodRecords::List() const {
  ASSIGN_OR_RETURN(const auto ids, ListIds());
  std::vector<PodRecord> records;
  for (const std::string& id : ids) {
    ASSIGN_OR_RETURN(auto record, Load(id));
    if (record) records.push_back(std::move(*record));
  }
  return records;
}

bool PodRecords::OwnerRuns(const PodRecord& record) const {
  const auto start = common::ProcessStartTime(static_cast<pid_t>(record.owner_pid), proc_root_);
  return start && *start == record.owner_start;
}

}  // namespace skiff::network
