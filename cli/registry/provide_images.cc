#include "cli/registry/provide_images.h"

#include "cli/registry/transfer_progress.h"
#include "image/pull_policy.h"

namespace skiff::cli {

using common::Result;

namespace {

Result<std::vector<Result<std::string>>> Provide(Context& context, const std::vector<image::WantedImage>& wanted,
                                                 const AccessFlags& access, const PlatformFlags& platform, bool quiet) {
  // The engine's view of the store: what is read here is not read again when the container is made.
  ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
  TransferProgress progress(quiet);
  image::RegistryRequest request;
  ASSIGN_OR_RETURN(request.access, access.Build());
  TRY(platform.Apply(request));
  request.progress = progress.wants_pieces();
  auto results = image::ProvideImages(engine->paths(), engine->images(), wanted, request, progress.Sink());
  for (const auto& id : results)
    if (id) WarnOfOtherPlatform(engine->images(), request, *id);
  return results;
}

}  // namespace

void WarnOfOtherPlatform(const image::Store& store, const image::RegistryRequest& asked, const std::string& id) {
  const auto image = store.Find(id);
  if (!image || image::IsForPlatform(*image, asked)) return;
  PrintWarning(fmt::format("image platform ({}/{}) does not match the expected platform ({})", image->os, image->architecture,
                           asked.architecture.empty() ? asked.os : asked.os + "/" + asked.architecture));
}

Result<> ProvideImage(Context& context, const std::string& image, const std::string& policy, const AccessFlags& access,
                      const PlatformFlags& platform, bool quiet) {
  ASSIGN_OR_RETURN(const image::PullWhen when, image::ParsePullWhen(policy), "--pull");
  ASSIGN_OR_RETURN(const auto results, Provide(context, {{image, when, {}}}, access, platform, quiet));
  TRY(results.front());
  return {};
}

std::vector<Result<>> ProvideImagesOf(Context& context, const std::vector<kube::ImageWish>& wishes, const AccessFlags& access,
                                      bool quiet) {
  std::vector<image::WantedImage> wanted;
  for (const kube::ImageWish& wish : wishes) {
    const auto when = image::ParsePullWhen(wish.policy);
    wanted.push_back({wish.image, when ? *when : image::PullWhen::kMissing, wish.pull_secrets});
  }
  const auto provided = Provide(context, wanted, access, {}, quiet);
  std::vector<Result<>> results;
  for (size_t i = 0; i < wishes.size(); ++i) {
    if (!provided) results.push_back(provided.error());
    else if (!(*provided)[i]) results.push_back((*provided)[i].error());
    else results.push_back({});
  }
  return results;
}

}  // namespace skiff::cli
