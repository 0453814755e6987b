#include "pod/launch/image_cache.h"

#include <fmt/format.h>

namespace skiff::pod {

using common::ErrorCode;
using common::MakeError;
using common::Result;

Result<std::shared_ptr<const LocalImage>> ImageCache::Find(const std::string& reference) {
  const std::lock_guard guard(mutex_);
  auto& cached = images_[reference];
  if (cached == nullptr) {
    LocalImage found;
    ASSIGN_OR_RETURN(found.image, store_.Find(reference));
    ASSIGN_OR_RETURN(found.lower_dirs, store_.LowerDirs(found.image));
    cached = std::make_shared<const LocalImage>(std::move(found));
  }
  return cached;
}

Result<runtime::ResolvedUser> ImageCache::FindUser(const LocalImage& image, const SecurityContext& security) {
  runtime::UserRequest request;
  request.user = security.user.empty() ? image.image.config.user : security.user;
  request.uid = security.run_as_user;
  request.gid = security.run_as_group;
  request.skip_image_groups = security.supplemental_groups_strict;
  const std::string key = fmt::format("{} {} {} {} {}", image.image.id, request.user, request.uid.value_or(-1),
                                      request.gid.value_or(-1), request.skip_image_groups);
  const std::lock_guard guard(mutex_);
  if (const auto found = users_.find(key); found != users_.end()) return found->second;
  auto user = runtime::ResolveUser(image.lower_dirs, request);
  // The command is there, but not for this user: not to be taken for an image that is missing.
  if (!user && user.error().code() == ErrorCode::kNotFound)
    return MakeError(ErrorCode::kCommandNotExecutable, "user \"{}\": {}", request.user, user.error().message());
  if (!user) return std::move(user).error().Wrap(fmt::format("user \"{}\"", request.user));
  users_[key] = *user;
  return user;
}

}  // namespace skiff::pod
