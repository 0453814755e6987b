#include "cli/registry/provide_images.h"

#include "cli/registry/transfer_progress.h"
#include "image/pull_policy.h"

namespace skiff::cli {

using common::Result;

namespace {

Result<std::vector<Result<std::string>>> Provide(Context& context, const std::vector<image::WantedImage>& wanted,
                                                 const AccessFlags& access, bool quiet) {
  // The engine's view of the store: what is read here is not read again when the container is made.
  ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
  TransferProgress progress(quiet);
  image::RegistryRequest request;
  ASSIGN_OR_RETURN(request.access, access.Build());
  request.progress = progress.wants_pieces();
  return image::ProvideImages(engine->paths(), engine->images(), wanted, std::move(request), progress.Sink());
}

}  // namespace

Result<> ProvideImage(Context& context, const std::string& image, const std::string& policy, const AccessFlags& access, bool quiet) {
  ASSIGN_OR_RETURN(const image::PullWhen when, image::ParsePullWhen(policy), "--pull");
  ASSIGN_OR_RETURN(const auto results, Provide(context, {{image, when, {}}}, access, quiet));
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
  const auto provided = Provide(context, wanted, access, quiet);
  std::vector<Result<>> results;
  for (size_t i = 0; i < wishes.size(); ++i) {
    if (!provided) results.push_back(provided.error());
    else if (!(*provided)[i]) results.push_back((*provided)[i].error());
    else results.push_back({});
  }
  return results;
}

}  // namespace skiff::cli
