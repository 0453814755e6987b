// USER of an image, `run -u` and runAsUser against the /etc/passwd and /etc/group of a root file system.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"

namespace skiff::runtime {

struct UserRequest {
  std::string user;  // "", "name", "uid", "name:group", "uid:gid"
  std::optional<int64_t> uid;  // win over `user`
  std::optional<int64_t> gid;
  bool skip_image_groups = false;  // supplementalGroupsPolicy: Strict
};

struct ResolvedUser {
  uint32_t uid = 0;
  uint32_t gid = 0;
  std::vector<uint32_t> additional_gids;  // of the image's /etc/group
  std::string home = "/";
  bool numeric = true;  // the request named the user by number (or not at all)
};

// `layers` are the lower directories, top first: the files are read from the topmost layer that has them, without
// following links out of it; a whiteout hides the file. kNotFound for an unknown user or group name.
common::Result<ResolvedUser> ResolveUser(const std::vector<std::string>& layers, const UserRequest& request);

}  // namespace skiff::runtime
