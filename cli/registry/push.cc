// push.
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/registry/access_flags.h"
#include "cli/registry/transfer_progress.h"
#include "common/file.h"
#include "image/reference.h"
#include "image/store.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

class PushCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    access_.Declare(a);
    access_.DeclareCredentials(a);
    access_.DeclareRetry(a);
    a.Switch("-q,--quiet", quiet_, "Print nothing but errors");
    a.Value("-f,--format", format_, "type", "Kind of manifest: oci or v2s2 (default: as the image has it)");
    a.Value("--digestfile", digest_file_, "file", "Write the digest of what was pushed to a file");
    a.Value("--compression-format", compression_, "format", "For layers that are not there yet: gzip or zstd (default gzip)");
    a.Ignored("--disable-content-trust", false);
    a.Ignored("--remove-signatures", false);
    a.Refused("--sign-by", true, "signing is not supported");
    a.Refused("--sign-by-sigstore-private-key", true, "signing is not supported");
    a.Refused("--compress", false, "only for directories; use --compression-format");
    a.Refused("--encryption-key", true, "encrypted images are not supported");
    a.Operands(operands_, 1, 2);
  }

  Result<int> Run(Context& context) override {
    if (!format_.empty() && format_ != "oci" && format_ != "v2s2")
      return MakeError(ErrorCode::kInvalid, "--format {}: write oci or v2s2", format_);
    if (!compression_.empty() && compression_ != "gzip" && compression_ != "zstd")
      return MakeError(ErrorCode::kInvalid, "--compression-format {}: write gzip or zstd", compression_);
    ASSIGN_OR_RETURN(const common::SystemPaths paths, context.Paths());
    ASSIGN_OR_RETURN(const image::Image image, image::Store(paths).Find(operands_.front()));
    TransferProgress progress(quiet_);
    image::RegistryRequest request;
    ASSIGN_OR_RETURN(request.access, access_.Build());
    request.progress = progress.wants_pieces();
    request.image_id = image.id;
    request.format = format_;
    request.compression = compression_;
    ASSIGN_OR_RETURN(std::string destination, Destination(image));
    request.items = {{std::move(destination), {}}};
    ASSIGN_OR_RETURN(const std::string digest, image::PushImage(paths, request, progress.Sink()));
    context.Record("image", "push", image.id, request.items.front().name);
    if (!digest_file_.empty()) TRY(common::WriteFile(digest_file_, digest));
    return 0;
  }

 private:
  // The second operand, or the name by which the image was asked for.
  Result<std::string> Destination(const image::Image& image) const {
    std::string text = operands_.back();
    if (const size_t scheme = text.find("://"); scheme != std::string::npos) {
      if (!text.starts_with("docker://"))
        return MakeError(ErrorCode::kUnsupported, "{}: only registries can be pushed to; `skiff save` writes archives", text);
      text.erase(0, scheme + 3);
    }
    if (text.starts_with("oci:") || text.starts_with("dir:") || text.starts_with("docker-archive:") || text.starts_with("oci-archive:"))
      return MakeError(ErrorCode::kUnsupported, "{}: only registries can be pushed to; `skiff save` writes archives", text);
    ASSIGN_OR_RETURN(image::Reference reference, image::Reference::Parse(text));
    if (!reference.IsShort()) return text;
    // A short name means the name that the store has for it.
    for (const std::string& name : image.names) {
      const auto known = image::Reference::Parse(name);
      if (operands_.size() == 1 && known && known->ToString().ends_with("/" + reference.ToString())) return name;
    }
    return MakeError(ErrorCode::kInvalid, "\"{}\" names no registry: write where to push to, for example registry.example/{}", text, text);
  }

  AccessFlags access_;
  bool quiet_ = false;
  std::string format_, digest_file_, compression_;
  std::vector<std::string> operands_;
};

}  // namespace

std::unique_ptr<Command> MakeImagePush() { return std::make_unique<PushCommand>(); }

}  // namespace skiff::cli
