// What starting many containers of few images needs to know of them, looked up once per command.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/result.h"
#include "image/store.h"
#include "pod/spec.h"
#include "runtime/user_lookup.h"

namespace skiff::pod {

struct LocalImage {
  image::Image image;
  std::vector<std::string> lower_dirs;  // top first
};

class ImageCache {
 public:
  explicit ImageCache(const image::Store& store) : store_(store) {}

  // By any reference, or by id.
  common::Result<std::shared_ptr<const LocalImage>> Find(const std::string& reference);
  // The user that a container of this image runs as; an error names the container's field. kCommandNotExecutable: the image
  // has no such user or group.
  common::Result<runtime::ResolvedUser> FindUser(const LocalImage& image, const SecurityContext& security);

 private:
  const image::Store& store_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const LocalImage>> images_;
  std::map<std::string, runtime::ResolvedUser> users_;
};

}  // namespace skiff::pod
