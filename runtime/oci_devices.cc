#include "runtime/oci_devices.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "common/file.h"

namespace skiff::runtime {
namespace {

using common::Result;

// runtime-spec, config-linux.md "Default Devices", and what a container has of its own.
constexpr std::array<std::string_view, 12> kLeftOut = {
    "console", "fd", "full", "mqueue", "null", "ptmx", "pts", "random", "shm", "tty", "urandom", "zero"};

Result<> Collect(const std::string& directory, const std::string& shown, std::vector<OciDevice>& devices) {
  auto names = common::ListDirectory(directory);
  // Devices come and go while we look.
  if (!names && names.error().code() == common::ErrorCode::kNotFound) return {};
  if (!names) return std::move(names).error();
  for (const auto& name : *names) {
    if (shown == "/dev" && std::find(kLeftOut.begin(), kLeftOut.end(), name) != kLeftOut.end()) continue;
    const std::string path = directory + "/" + name;
    struct stat info;
    if (::lstat(path.c_str(), &info) != 0) continue;
    if (S_ISDIR(info.st_mode)) TRY(Collect(path, shown + "/" + name, devices));
    if (!S_ISCHR(info.st_mode) && !S_ISBLK(info.st_mode)) continue;
    OciDevice device;
    device.path = shown + "/" + name;
    device.type = S_ISCHR(info.st_mode) ? 'c' : 'b';
    device.major = major(info.st_rdev);
    device.minor = minor(info.st_rdev);
    device.mode = info.st_mode & 07777;
    device.uid = info.st_uid;
    device.gid = info.st_gid;
    devices.push_back(std::move(device));
  }
  return {};
}

}  // namespace

Result<std::vector<OciDevice>> HostDevices(const std::string& dev_root) {
  std::vector<OciDevice> devices;
  TRY(Collect(dev_root, "/dev", devices), "list the host's devices");
  return devices;
}

}  // namespace skiff::runtime
