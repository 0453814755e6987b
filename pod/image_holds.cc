#include "pod/image_holds.h"

#include <set>

namespace skiff::pod {

using common::Result;

Result<> HoldImages(Context& context, const std::vector<ContainerRecord>& containers) {
  std::set<std::string> seen;
  for (const ContainerRecord& container : containers) {
    if (!seen.insert(container.image_id).second) continue;
    ASSIGN_OR_RETURN(const bool in_use, context.store->ImageInUse(container.image_id));
    if (!in_use) TRY(context.images.Hold(container.image_id), "hold image {}", container.image_name);
  }
  return {};
}

Result<> ReleaseUnused(Context& context, const std::vector<std::string>& image_ids) {
  for (const std::string& id : image_ids) {
    ASSIGN_OR_RETURN(const bool in_use, context.store->ImageInUse(id));
    if (!in_use) TRY(context.images.Release(id), "release image {}", id);
  }
  return {};
}

}  // namespace skiff::pod
