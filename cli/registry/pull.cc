// pull.
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/registry/access_flags.h"
#include "cli/registry/provide_images.h"
#include "cli/registry/transfer_progress.h"
#include "image/pull_policy.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

class PullCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    access_.Declare(a);
    access_.DeclareCredentials(a);
    access_.DeclareRetry(a);
    platform_.Declare(a);
    a.Switch("-a,--all-tags", all_tags_, "Pull all tags of the repository");
    a.Switch("-q,--quiet", quiet_, "Print only the ids");
    a.Value("--policy", policy_, "policy", "always, missing, newer or never (default always)");
    a.Ignored("--disable-content-trust", false);
    a.Refused("--decryption-key", true, "encrypted images are not supported");
    a.Operands(operands_, 1);
  }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(const image::PullWhen when, image::ParsePullWhen(policy_), "--policy");
    ASSIGN_OR_RETURN(const common::SystemPaths paths, context.Paths());
    TransferProgress progress(quiet_);
    image::RegistryRequest request;
    ASSIGN_OR_RETURN(request.access, access_.Build());
    TRY(platform_.Apply(request));
    request.all_tags = all_tags_;
    request.progress = progress.wants_pieces();
    for (std::string& name : operands_) {
      if (name.starts_with("docker://")) name.erase(0, 9);
      for (const char* other : {"oci:", "dir:", "oci-archive:", "docker-archive:"})
        if (name.starts_with(other))
          return MakeError(ErrorCode::kUnsupported, "{}: only registries can be pulled from; 'skiff load -i' reads archives and folders", name);
    }
    return all_tags_ ? PullAllTags(context, paths, std::move(request), progress) : PullEach(context, paths, when, request, progress);
  }

 private:
  Result<int> PullEach(const Context& context, const common::SystemPaths& paths, image::PullWhen when, const image::RegistryRequest& request,
                       TransferProgress& progress) const {
    std::vector<image::WantedImage> wanted;
    for (const std::string& name : operands_) wanted.push_back({name, when, {}});
    int code = 0;
    const image::Store store(paths);
    const auto ids = image::ProvideImages(paths, store, wanted, request, progress.Sink());
    for (size_t i = 0; i < ids.size(); ++i) {
      if (ids[i]) {
        WarnOfOtherPlatform(store, request, *ids[i]);
        PrintLine(*ids[i]);
        context.Record("image", "pull", *ids[i], operands_[i]);
        continue;
      }
      PrintError(ids[i].error());
      code = kExitFailure;
    }
    return code;
  }

  Result<int> PullAllTags(const Context& context, const common::SystemPaths& paths, image::RegistryRequest request, TransferProgress& progress) const {
    for (const std::string& name : operands_) request.items.push_back({name, {}});
    ASSIGN_OR_RETURN(const auto results, image::PullImages(paths, request, progress.Sink()));
    int code = 0;
    for (const auto& result : results) {
      if (!result) {
        PrintError(result.error());
        code = kExitFailure;
        continue;
      }
      for (const image::LoadedImage& image : *result) {
        PrintLine(image.id);
        context.Record("image", "pull", image.id, image.names.empty() ? "" : image.names.front());
      }
    }
    return code;
  }

  AccessFlags access_;
  PlatformFlags platform_;
  bool all_tags_ = false, quiet_ = false;
  std::string policy_ = "always";
  std::vector<std::string> operands_;
};

}  // namespace

std::unique_ptr<Command> MakeImagePull() { return std::make_unique<PullCommand>(); }

}  // namespace skiff::cli
