// Engine: what Services hold of the machine, and how it follows the pods.
#include "common/file.h"
#include "common/file_lock.h"
#include "common/ids.h"
#include "common/json_fields.h"
#include "network/dns/files.h"
#include "network/service/service_leases.h"
#include "network/service/service_rules.h"
#include "pod/context.h"
#include "pod/engine.h"
#include "pod/network/service_files.h"
#include "pod/network/service_ports.h"

namespace skiff::pod {
namespace {

using common::ErrorCode;
using common::FileLock;
using common::Result;

// Replaces a file unless it has this text already; no text, no file.
Result<> KeepFile(const std::string& path, const std::string& text) {
  if (text.empty()) return common::RemoveFile(path);
  const auto current = common::ReadFile(path);
  if (current && *current == text) return {};
  return common::WriteFileAtomic(path, text);
}

Result<> Apply(const common::SystemPaths& paths, const ServiceState& state) {
  TRY(network::WriteServiceNames(paths, state.names));
  TRY(KeepFile(ServiceVariablesFile(paths), state.any ? common::EncodeJson(state.variables) : ""));
  return network::ApplyServiceRules(paths, state.rules, state.any);
}

// Empty when there is none yet.
std::string ReadToken(const std::string& path) { return common::ReadFile(path).value_or(""); }

}  // namespace

Result<network::ServiceLease> Engine::TakeServiceLease(const network::ServiceRequest& request) {
  return network::ServiceLeases(impl_->paths).Take(request);
}

Result<std::vector<std::string>> Engine::ServiceLeaseHolders() { return network::ServiceLeases(impl_->paths).Holders(); }

Result<> Engine::ReleaseServiceLease(const std::string& holder) {
  return network::ServiceLeases(impl_->paths).Release(holder);
}

// Each event leaves a new token. Who has the lock works until the token that it has seen before is still there
// afterwards; so whoever finds the lock held may leave the rest to its holder.
Result<> Engine::ReconcileServices(const std::function<Result<ServiceState>()>& read, bool wait) {
  const std::string directory = impl_->paths.run_dir + "/services";
  const std::string token_file = directory + "/changed";
  TRY(common::MakeDirectories(directory, 0711));
  TRY(common::WriteFileAtomic(token_file, common::RandomHex(16), 0600));
  Result<> held;
  // Who waits wants to know about ports that are taken, also when another command has done it all meanwhile.
  bool looked = !wait;
  for (bool again = true; again;) {
    const std::string lock_file = ServicesLock(impl_->paths);
    auto lock = wait ? FileLock::Acquire(lock_file) : FileLock::TryAcquire(lock_file);
    if (!lock && lock.error().code() == ErrorCode::kBusy) return {};
    if (!lock) return lock.error();
    const std::string done_file = directory + "/done";
    std::string token = ReadToken(token_file);
    while (!looked || token != ReadToken(done_file)) {
      looked = true;
      // First, so that what changes after the look is told of.
      TRY(MarkServices(impl_->paths));
      ASSIGN_OR_RETURN(const ServiceState state, read());
      TRY(Apply(impl_->paths, state));
      if (!state.any) TRY(common::RemoveFile(ServicesMarker(impl_->paths)));
      TRY(common::WriteFileAtomic(done_file, token, 0600));
      // Afterwards: a port that is taken keeps nobody from the rest.
      held = HoldServicePorts(*impl_, state.rules);
      token = ReadToken(token_file);
    }
    // An event between the last look and the release of the lock would be nobody's.
    { const FileLock released = std::move(*lock); }
    again = ReadToken(token_file) != token;
  }
  return held;
}

std::string Engine::HostAddress() {
  const auto addresses = impl_->network.HostAddresses();
  return addresses && !addresses->empty() ? addresses->front() : "";
}

Result<bool> Engine::HasServices() {
  if (common::PathExists(ServiceVariablesFile(impl_->paths))) return true;
  ASSIGN_OR_RETURN(const auto objects, impl_->store->Objects("Service"));
  return !objects.empty();
}

}  // namespace skiff::pod
