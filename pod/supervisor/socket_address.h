// The address of a Unix socket in a directory whose path may be longer than sun_path (108 bytes).
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <string>

#include "common/result.h"
#include "common/unique_fd.h"

namespace skiff::supervisor {

// Names the socket through /proc/self/fd/N of the opened directory; valid as long as this object lives.
class DirectorySocketAddress {
 public:
  // kNotFound when the directory does not exist.
  static common::Result<DirectorySocketAddress> In(const std::string& directory, const std::string& name);

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address_); }
  socklen_t size() const { return sizeof address_; }
  // The same for another process of the same PID namespace.
  std::string PathForOthers() const;

 private:
  common::UniqueFd directory_;
  std::string name_;
  sockaddr_un address_{};
};

}  // namespace skiff::supervisor
