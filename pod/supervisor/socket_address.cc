#include "pod/supervisor/socket_address.h"

#include <fcntl.h>
#include <unistd.h>

#include "common/file.h"

namespace skiff::supervisor {

common::Result<DirectorySocketAddress> DirectorySocketAddress::In(const std::string& directory, const std::string& name) {
  DirectorySocketAddress result;
  ASSIGN_OR_RETURN(result.directory_, common::Open(directory, O_PATH | O_DIRECTORY));
  result.name_ = name;
  const std::string path = fmt::format("/proc/self/fd/{}/{}", result.directory_.get(), name);
  if (path.size() >= sizeof result.address_.sun_path)
    return common::MakeError(common::ErrorCode::kInvalid, "socket name {} is too long", name);
  result.address_.sun_family = AF_UNIX;
  path.copy(result.address_.sun_path, path.size());
  return result;
}

std::string DirectorySocketAddress::PathForOthers() const {
  return fmt::format("/proc/{}/fd/{}/{}", ::getpid(), directory_.get(), name_);
}

}  // namespace skiff::supervisor
