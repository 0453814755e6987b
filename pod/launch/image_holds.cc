#include "pod/launch/image_holds.h"

#include <set>

#include "common/file.h"
#include "image/held_images.h"

namespace skiff::pod {
namespace {

using common::FileLock;
using common::Result;

std::string LockPath(const Context& context) { return context.paths.run_dir + "/holds.lock"; }

}  // namespace

Result<FileLock> HoldImages(Context& context, const std::vector<ContainerRecord>& containers) {
  TRY(common::MakeDirectories(context.paths.run_dir));
  ASSIGN_OR_RETURN(FileLock lock, FileLock::Acquire(LockPath(context), FileLock::Mode::kShared));
  std::set<std::string> seen;
  for (const ContainerRecord& container : containers) {
    if (container.image_id.empty() || !seen.insert(container.image_id).second) continue;
    ASSIGN_OR_RETURN(const bool in_use, context.store->ImageInUse(container.image_id));
    if (!in_use) TRY(context.images.Hold(container.image_id), "hold image {}", container.image_name);
  }
  return lock;
}

Result<> ReleaseUnused(Context& context) {
  ASSIGN_OR_RETURN(auto held, image::HeldImages(context.paths));
  if (held.empty()) return {};
  ASSIGN_OR_RETURN(const FileLock lock, FileLock::Acquire(LockPath(context), FileLock::Mode::kExclusive));
  ASSIGN_OR_RETURN(held, image::HeldImages(context.paths));
  for (const std::string& id : held) {
    ASSIGN_OR_RETURN(const bool in_use, context.store->ImageInUse(id));
    if (!in_use) TRY(context.images.Release(id), "release image {}", id);
  }
  return {};
}

}  // namespace skiff::pod
