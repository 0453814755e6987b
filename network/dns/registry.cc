#include "network/dns/registry.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <thread>

#include "common/file.h"
#include "common/file_lock.h"
#include "common/json_fields.h"
#include "common/process.h"
#include "common/user_namespace.h"
#include "network/dns/files.h"
#include "network/dns/layout.h"
#include "network/dns/redirect.h"
#include "network/home_namespace.h"

namespace skiff::network {

using common::ErrnoError;
using common::ErrorCode;
using common::FileLock;
using common::MakeError;
using common::Result;

namespace {

constexpr std::chrono::seconds kStartTimeout{10};
constexpr std::chrono::seconds kEndTimeout{3};

Result<FileLock> LockRegistry(const std::string& directory) {
  TRY(common::MakeDirectories(directory, 0711));
  return FileLock::Acquire(directory + "/lock");
}

Result<> WriteIfChanged(const std::string& path, const std::string& text) {
  const auto current = common::ReadFile(path);
  if (current && *current == text) return {};
  return common::WriteFileAtomic(path, text);
}

struct Started {
  uint16_t port = 0;
  pid_t pid = 0;
};

// "PORT PID\n", or an error's text.
Result<Started> ReadReady(int fd) {
  std::string text;
  const auto deadline = std::chrono::steady_clock::now() + kStartTimeout;
  while (!text.ends_with('\n')) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd wait{fd, POLLIN, 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(std::max<int64_t>(left.count(), 0)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return MakeError(ErrorCode::kTimeout, "skiff-dns has not answered");
    char buffer[512];
    const ssize_t size = ::read(fd, buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    text.append(buffer, static_cast<size_t>(size));
  }
  Started started;
  const char* end = text.data() + text.size();
  const auto port = std::from_chars(text.data(), end, started.port);
  if (port.ec == std::errc() && port.ptr != end && *port.ptr == ' ') {
    const auto pid = std::from_chars(port.ptr + 1, end, started.pid);
    if (pid.ec == std::errc() && text.ends_with('\n')) return started;
  }
  return MakeError(ErrorCode::kUnavailable, "skiff-dns: {}", text.empty() ? "ended at once" : text);
}

Result<DnsNetwork> ReadSettings(const std::string& directory, const std::string& network) {
  const std::string path = DnsNetworkDirectory(directory, network) + "/" + kDnsNetworkFile;
  ASSIGN_OR_RETURN(const std::string text, common::ReadFile(path));
  return common::DecodeJson<DnsNetwork>(text, path);
}

}  // namespace

DnsRegistry::DnsRegistry(const common::SystemPaths& paths) : paths_(paths), directory_(DnsDirectory(paths)) {}

Result<> DnsRegistry::Add(const std::string& network, const DnsNetwork& settings, const std::string& pod_id,
                          const DnsPod& pod, const Adopt& adopt) const {
  ASSIGN_OR_RETURN(const FileLock lock, LockRegistry(directory_));
  const std::string pods = DnsPodsDirectory(directory_, network);
  TRY(common::MakeDirectories(pods, 0711));
  TRY(WriteIfChanged(DnsNetworkDirectory(directory_, network) + "/" + kDnsNetworkFile, common::EncodeJson(settings)));
  TRY(common::WriteFileAtomic(fmt::format("{}/{}.json", pods, pod_id), common::EncodeJson(pod)));
  TRY(EnsureServer(network, settings, adopt));
  return RestoreRedirects();
}

Result<> DnsRegistry::EnsureServer(const std::string& network, const DnsNetwork& settings, const Adopt& adopt) const {
  const auto server = FileLock::TryAcquire(DnsNetworkDirectory(directory_, network) + "/" + kDnsLockFile);
  if (server) return Start(network, settings, server->fd(), adopt);
  if (server.error().code() != ErrorCode::kBusy) return server.error();
  return {};
}

Result<> DnsRegistry::Start(const std::string& network, const DnsNetwork& settings, int lock_fd, const Adopt& adopt) const {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return ErrnoError("socketpair");
  common::UniqueFd heard(pair[0]), told(pair[1]);
  common::Command command;
  command.argv = {paths_.Program("skiff-dns"), directory_, network};
  command.environment = std::vector<std::string>();
  if (const auto user = common::UserNamespace::Current())
    command.environment->push_back(fmt::format("{}={}", common::UserNamespace::kVariable, user->ToVariable()));
  command.working_directory = "/";
  command.new_session = true;
  command.named_fds_only = true;
  command.pass_fds = {{lock_fd, kDnsLockFd}, {told.get(), kDnsReadyFd}};
  common::Child child;
  TRY(InHomeNamespace([&]() -> Result<> {
    ASSIGN_OR_RETURN(child, common::Spawn(command));
    return {};
  }));
  told.Reset();
  const auto started = ReadReady(heard.get());
  TRY(common::Wait(child.pid));
  if (!started) return Result<>(started.error());
  if (adopt) adopt(started->pid);
  heard.Reset();  // the word to begin: what it starts from now on stays with it
  const std::string port_file = DnsNetworkDirectory(directory_, network) + "/" + kDnsPortFile;
  if (started->port == kDnsPort) {
    if (common::PathExists(port_file)) TRY(RedirectQuestions(settings, 0));
    return common::RemoveFile(port_file);
  }
  TRY(common::WriteFileAtomic(port_file, std::to_string(started->port)));
  return RedirectQuestions(settings, started->port);
}

Result<> DnsRegistry::Remove(const std::string& pod_id, const std::set<std::string>& kept) const {
  const auto networks = common::ListDirectory(DnsNetworksDirectory(directory_));
  if (!networks) return networks.error().code() == ErrorCode::kNotFound ? Result<>() : networks.error();
  for (const std::string& network : *networks) {
    if (kept.contains(network)) continue;
    const std::string file = fmt::format("{}/{}.json", DnsPodsDirectory(directory_, network), pod_id);
    if (!common::PathExists(file)) continue;
    ASSIGN_OR_RETURN(const FileLock lock, LockRegistry(directory_));
    TRY(common::RemoveFile(file));
  }
  return {};
}

Result<> DnsRegistry::EndUnused() const {
  const auto networks = common::ListDirectory(DnsNetworksDirectory(directory_));
  if (!networks) return networks.error().code() == ErrorCode::kNotFound ? Result<>() : networks.error();
  for (const std::string& network : *networks) {
    if (HasPods(network)) continue;
    ASSIGN_OR_RETURN(const FileLock lock, LockRegistry(directory_));
    // Another command may have given it a pod meanwhile.
    if (!HasPods(network)) TRY(EndServer(network));
  }
  return {};
}

Result<bool> DnsRegistry::RemoveIfEmpty() const {
  const std::string networks = DnsNetworksDirectory(directory_);
  if (!common::PathExists(networks)) return true;
  // Another command may just be making the folder of a network in it.
  ASSIGN_OR_RETURN(const FileLock lock, LockRegistry(directory_));
  if (::rmdir(networks.c_str()) == 0 || errno == ENOENT) return true;
  if (errno == ENOTEMPTY || errno == EEXIST) return false;
  return ErrnoError("remove directory {}", networks);
}

// What a killed writer has left names nothing.
bool DnsRegistry::HasPods(const std::string& network) const {
  const auto files = common::ListDirectory(DnsPodsDirectory(directory_, network));
  return files && std::any_of(files->begin(), files->end(), [](const std::string& name) { return name.ends_with(".json"); });
}

// Its directory going away is the server's sign to end.
Result<> DnsRegistry::EndServer(const std::string& network) const {
  const std::string directory = DnsNetworkDirectory(directory_, network);
  if (!common::PathExists(directory)) return {};  // somebody was faster
  const auto settings = ReadSettings(directory_, network);
  TRY(common::RemoveTree(DnsPodsDirectory(directory_, network)));
  const auto deadline = std::chrono::steady_clock::now() + kEndTimeout;
  while (true) {
    const auto ended = FileLock::TryAcquire(directory + "/" + kDnsLockFile);
    if (ended) break;
    if (ended.error().code() != ErrorCode::kBusy || std::chrono::steady_clock::now() > deadline) return ended.error();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (settings && common::PathExists(directory + "/" + kDnsPortFile)) {
    // With the table of ports, the way is gone as well.
    (void)RedirectQuestions(*settings, 0).has_value();
  }
  return common::RemoveTree(directory);
}

Result<> DnsRegistry::Restore(const Adopt& adopt) const {
  const auto networks = common::ListDirectory(DnsNetworksDirectory(directory_));
  if (!networks) return networks.error().code() == ErrorCode::kNotFound ? Result<>() : networks.error();
  for (const std::string& network : *networks) {
    if (!HasPods(network)) continue;  // EndUnused
    {
      const auto server = FileLock::TryAcquire(DnsNetworkDirectory(directory_, network) + "/" + kDnsLockFile);
      if (!server) continue;  // it runs, or the network goes just now
    }
    ASSIGN_OR_RETURN(const FileLock lock, LockRegistry(directory_));
    if (!HasPods(network)) continue;
    const auto settings = ReadSettings(directory_, network);
    if (!settings) continue;
    TRY(EnsureServer(network, *settings, adopt));
  }
  return {};
}

// Another program may have flushed what led there, of every network at once.
Result<> DnsRegistry::RestoreRedirects() const {
  const auto networks = common::ListDirectory(DnsNetworksDirectory(directory_));
  if (!networks) return networks.error().code() == ErrorCode::kNotFound ? Result<>() : networks.error();
  for (const std::string& network : *networks) {
    const auto text = common::ReadFile(DnsNetworkDirectory(directory_, network) + "/" + kDnsPortFile);
    if (!text) continue;
    uint16_t port = 0;
    std::from_chars(text->data(), text->data() + text->size(), port);
    const auto settings = ReadSettings(directory_, network);
    if (settings && port != 0) TRY(RedirectQuestions(*settings, port), "network {}", network);
  }
  return {};
}

Result<> DnsRegistry::Reload(const Adopt& adopt) const {
  TRY(Restore(adopt));
  ASSIGN_OR_RETURN(const FileLock lock, LockRegistry(directory_));
  return RestoreRedirects();
}

}  // namespace skiff::network
