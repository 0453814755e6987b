#include "network/dns/zone_files.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "common/file.h"
#include "common/json_fields.h"
#include "network/dns/layout.h"

namespace skiff::dns {

using common::ErrnoError;
using common::ErrorCode;
using common::Result;

namespace {

constexpr std::string_view kJson = ".json";

// Absent, or broken in a way that no writer of ours leaves: as if it were empty.
template <typename T>
T ReadOr(const std::string& path, T fallback) {
  const auto text = common::ReadFile(path);
  if (!text) return fallback;
  auto decoded = common::DecodeJson<T>(*text, path);
  return decoded ? std::move(*decoded) : fallback;
}

}  // namespace

ZoneFiles::ZoneFiles(std::string directory, const std::string& network, common::UniqueFd inotify)
    : directory_(std::move(directory)),
      network_directory_(network::DnsNetworkDirectory(directory_, network)),
      pods_directory_(network::DnsPodsDirectory(directory_, network)),
      inotify_(std::move(inotify)) {}

Result<ZoneFiles> ZoneFiles::Open(const std::string& directory, const std::string& network) {
  common::UniqueFd inotify(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!inotify) return ErrnoError("inotify");
  ZoneFiles files(directory, network, std::move(inotify));
  ASSIGN_OR_RETURN(files.root_watch_, files.Watch(files.directory_));
  ASSIGN_OR_RETURN(files.network_watch_, files.Watch(files.network_directory_));
  ASSIGN_OR_RETURN(files.pods_watch_, files.Watch(files.pods_directory_));
  return files;
}

Result<int> ZoneFiles::Watch(const std::string& path) {
  const int watch = ::inotify_add_watch(inotify_.get(), path.c_str(),
                                        IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_ONLYDIR);
  if (watch < 0) return ErrnoError("watch {}", path);
  return watch;
}

Result<bool> ZoneFiles::Refresh(Zone& zone) {
  if (!read_) ReadAll(zone);
  read_ = true;
  alignas(inotify_event) char buffer[16384];
  while (true) {
    const ssize_t size = ::read(inotify_.get(), buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return true;
    if (size < 0) return ErrnoError("read changes of {}", directory_);
    for (ssize_t at = 0; at < size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      const std::string name = event->len > 0 ? event->name : "";
      if (event->mask & IN_Q_OVERFLOW) ReadAll(zone);
      else if (event->wd == pods_watch_ && (event->mask & (IN_DELETE_SELF | IN_IGNORED))) return false;
      else if (event->wd == pods_watch_ && name.ends_with(kJson)) ReadPod(zone, name);
      else if (event->wd == network_watch_ && name == network::kDnsNetworkFile) ReadNetwork(zone);
      else if (event->wd == root_watch_ && name == network::kDnsServicesFile) ReadServices(zone);
    }
  }
}

void ZoneFiles::ReadAll(Zone& zone) {
  zone = Zone();
  ReadNetwork(zone);
  ReadServices(zone);
  const auto names = common::ListDirectory(pods_directory_);
  if (!names) return;
  for (const std::string& name : *names) {
    if (name.ends_with(kJson)) ReadPod(zone, name);
  }
}

void ZoneFiles::ReadOtherNetworks(const std::string& pod, Zone& zone) const {
  const auto networks = common::ListDirectory(network::DnsNetworksDirectory(directory_));
  if (!networks) return;
  for (const std::string& name : *networks) {
    const std::string pods = network::DnsPodsDirectory(directory_, name);
    if (pods == pods_directory_ || !common::PathExists(pods + "/" + pod + std::string(kJson))) continue;
    const auto files = common::ListDirectory(pods);
    if (!files) continue;  // its last pod has just gone
    for (const std::string& file : *files) {
      const std::string path = pods + "/" + file;
      // By its path: a pod may be on several of them.
      if (file.ends_with(kJson)) zone.SetPod(path, ReadOr(path, network::DnsPod()));
    }
  }
}

void ZoneFiles::ReadNetwork(Zone& zone) {
  network_ = ReadOr(network_directory_ + "/" + network::kDnsNetworkFile, network_);
  zone.SetHostAddresses(network_.addresses);
}

void ZoneFiles::ReadServices(Zone& zone) {
  zone.SetServices(ReadOr(directory_ + "/" + network::kDnsServicesFile, network::DnsServices()));
}

void ZoneFiles::ReadPod(Zone& zone, const std::string& file_name) {
  const std::string path = pods_directory_ + "/" + file_name;
  const std::string id = file_name.substr(0, file_name.size() - kJson.size());
  const auto text = common::ReadFile(path);
  auto pod = text ? common::DecodeJson<network::DnsPod>(*text, path) : Result<network::DnsPod>(text.error());
  if (pod) zone.SetPod(id, std::move(*pod));
  else zone.RemovePod(id);
}

}  // namespace skiff::dns
