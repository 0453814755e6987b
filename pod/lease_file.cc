#include "pod/lease_file.h"

#include "common/file.h"
#include "common/json_fields.h"

namespace skiff::network {

template <typename V>
void VisitFields(V& v, Lease& lease) {
  v("network", lease.network);
  v("address", lease.address);
  v("prefixLength", lease.prefix_length);
  v("gateway", lease.gateway);
  v("mac", lease.mac);
}

}  // namespace skiff::network

namespace skiff::pod {
namespace {

struct LeaseFile {
  std::vector<network::Lease> leases;
};
template <typename V>
void VisitFields(V& v, LeaseFile& file) {
  v("leases", file.leases);
}

}  // namespace

common::Result<> WriteLeases(const std::string& path, const std::vector<network::Lease>& leases) {
  return common::WriteFileAtomic(path, common::EncodeJson(LeaseFile{leases}));
}

common::Result<std::vector<network::Lease>> ReadLeases(const std::string& path) {
  const auto text = common::ReadFile(path);
  if (!text && text.error().code() == common::ErrorCode::kNotFound) return std::vector<network::Lease>();
  if (!text) return text.error();
  ASSIGN_OR_RETURN(LeaseFile file, common::DecodeJson<LeaseFile>(*text, path));
  return std::move(file.leases);
}

}  // namespace skiff::pod
