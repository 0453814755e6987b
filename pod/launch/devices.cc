#include "pod/launch/devices.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "common/file.h"

namespace skiff::pod {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

struct Request {
  std::string host;
  std::string container;
  std::string access = "rwm";
};

bool IsAccess(const std::string& text) { return !text.empty() && text.find_first_not_of("rwm") == std::string::npos; }

Result<Request> Parse(const std::string& text) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(':', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  Request request{.host = parts[0], .container = parts[0]};
  if (parts.size() == 2 && IsAccess(parts[1])) {
    request.access = parts[1];
  } else if (parts.size() >= 2) {
    request.container = parts[1];
  }
  if (parts.size() == 3) request.access = parts[2];
  if (parts.size() > 3 || !request.host.starts_with('/') || !request.container.starts_with('/') ||
      !IsAccess(request.access)) {
    return MakeError(ErrorCode::kInvalid, "device \"{}\": the form is /dev/HOST[:/dev/CONTAINER[:rwm]]", text);
  }
  return request;
}

Result<> Collect(const Request& request, std::vector<runtime::OciDevice>& devices) {
  struct stat info {};
  if (::stat(request.host.c_str(), &info) != 0) return common::ErrnoError("device {}", request.host);
  if (S_ISDIR(info.st_mode)) {
    ASSIGN_OR_RETURN(const auto names, common::ListDirectory(request.host));
    for (const std::string& name : names) {
      const Request child{request.host + "/" + name, request.container + "/" + name, request.access};
      struct stat child_info {};
      if (::stat(child.host.c_str(), &child_info) != 0) continue;  // a dangling link
      if (S_ISDIR(child_info.st_mode) || S_ISCHR(child_info.st_mode) || S_ISBLK(child_info.st_mode)) {
        TRY(Collect(child, devices));
      }
    }
    return {};
  }
  if (!S_ISCHR(info.st_mode) && !S_ISBLK(info.st_mode)) {
    return MakeError(ErrorCode::kInvalid, "{} is not a device node; a file or folder is mounted with -v", request.host);
  }
  devices.push_back({.path = request.container,
                     .type = S_ISCHR(info.st_mode) ? 'c' : 'b',
                     .major = major(info.st_rdev),
                     .minor = minor(info.st_rdev),
                     .mode = info.st_mode & 07777,
                     .uid = info.st_uid,
                     .gid = info.st_gid,
                     .access = request.access});
  return {};
}

}  // namespace

Result<std::vector<runtime::OciDevice>> ResolveDevice(const std::string& text) {
  ASSIGN_OR_RETURN(const Request request, Parse(text));
  std::vector<runtime::OciDevice> devices;
  TRY(Collect(request, devices));
  return devices;
}

}  // namespace skiff::pod
