// load, import.
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/notation/text.h"
#include "image/transfer.h"

namespace skiff::cli {

using common::Result;

namespace {

class ImageLoadCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Value("-i,--input", input_, "file", "Archive or folder (default: standard input)");
    a.Ignored("-q,--quiet", false);
    a.Operands(operands_, 0, 1);
  }

  Result<int> Run(Context& context) override {
    if (!input_.empty() && !operands_.empty())
      return common::MakeError(common::ErrorCode::kInvalid, "give one archive: \"{}\" or --input {}", operands_.front(), input_);
    const std::string source = !input_.empty() ? input_ : operands_.empty() ? "-" : operands_.front();
    ASSIGN_OR_RETURN(const common::SystemPaths paths, context.Paths());
    ASSIGN_OR_RETURN(const std::vector<image::LoadedImage> images, image::LoadArchive(paths, source));
    for (const image::LoadedImage& image : images) {
      PrintLine("Loaded image: " + (image.names.empty() ? "sha256:" + image.id : Join(image.names, ",")));
      context.Record("image", "loadfromarchive", image.id, source);
    }
    return 0;
  }

 private:
  std::string input_;
  std::vector<std::string> operands_;
};

class ImageImportCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.List("-c,--change", options_.changes, "instruction",
           "CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR");
    a.Value("-m,--message", options_.message, "text", "Comment in the image's history");
    a.Ignored("-q,--quiet", false);
    a.Operands(operands_, 1, 2);
  }

  Result<int> Run(Context& context) override {
    if (operands_.size() > 1) options_.name = operands_[1];
    ASSIGN_OR_RETURN(const common::SystemPaths paths, context.Paths());
    ASSIGN_OR_RETURN(const image::LoadedImage image,
                     image::ImportTarball(paths, operands_.front(), options_));
    PrintLine("sha256:" + image.id);
    context.Record("image", "import", image.id, operands_.front());
    return 0;
  }

 private:
  image::ImportOptions options_;
  std::vector<std::string> operands_;
};

}  // namespace

std::unique_ptr<Command> MakeImageLoad() { return std::make_unique<ImageLoadCommand>(); }
std::unique_ptr<Command> MakeImageImport() { return std::make_unique<ImageImportCommand>(); }

}  // namespace skiff::cli
