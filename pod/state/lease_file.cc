#include "pod/state/lease_file.h"

#include "common/file.h"
#include "common/json_fields.h"

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

std::vector<std::string> PodAddresses(const std::vector<network::Lease>& leases) {
  std::vector<std::string> addresses;
  for (const network::Lease& lease : leases) {
    if (lease.network == leases.front().network) addresses.push_back(lease.address);
  }
  return addresses;
}

}  // namespace skiff::pod
