#include "cli/kube/play_objects.h"

#include "cli/kube/image_retry.h"
#include "cli/kube/manifest_input.h"
#include "cli/registry/provide_images.h"

namespace skiff::cli {

using common::Result;

Result<kube::PlayReport> PlayObjects(Context& context, const std::vector<kube::Object>& objects, bool as_before) {
  kube::PlayOptions options;
  options.as_before = as_before;
  options.read_object = ReadStoredObject;
  options.provide_images = [&](const std::vector<kube::ImageWish>& wishes) {
    return ProvideImagesOf(context, wishes, {}, false);
  };
  TRY(context.ChangingEngine());
  ASSIGN_OR_RETURN(const kube::BackendFactory backend, Backend(context));
  kube::PlayReport report = kube::Play(objects, options, backend, {{}, PrintWarning});
  TryRetryImages(context, report, {});
  return report;
}

}  // namespace skiff::cli
