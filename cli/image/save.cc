// save.
#include <unistd.h>

#include <algorithm>

#include "cli/command.h"
#include "cli/commands.h"
#include "image/reference.h"
#include "image/transfer.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;
using image::ArchiveFormat;

namespace {

Result<ArchiveFormat> ParseFormat(const std::string& name) {
  if (name == "docker-archive") return ArchiveFormat::kDockerArchive;
  if (name == "oci-archive") return ArchiveFormat::kOciArchive;
  if (name == "oci-dir") return ArchiveFormat::kOciDirectory;
  if (name == "docker-dir") return ArchiveFormat::kDockerDirectory;
  return MakeError(ErrorCode::kInvalid,
                   "unknown format \"{}\": write docker-archive, oci-archive, oci-dir or docker-dir", name);
}

class SaveCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Value("-o,--output", output_, "file", "File or, for -dir formats, folder to write (default: standard output)");
    a.Value("--format", format_, "format", "docker-archive, oci-archive, oci-dir or docker-dir (default docker-archive)");
    a.Switch("-m,--multi-image-archive", several_, "Further arguments are images, not further names of the first");
    a.Switch("--compress", options_.compress, "Compress the layers of docker-dir");
    a.Switch("--uncompressed", options_.uncompressed, "Do not compress the layers of the OCI formats");
    a.Ignored("-q,--quiet", false);
    a.Operands(operands_, 1);
  }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(options_.format, ParseFormat(format_));
    const bool directory =
        options_.format == ArchiveFormat::kOciDirectory || options_.format == ArchiveFormat::kDockerDirectory;
    if (options_.compress && options_.format != ArchiveFormat::kDockerDirectory)
      return MakeError(ErrorCode::kInvalid, "--compress can only be set when --format is 'docker-dir'");
    if (several_ && options_.format == ArchiveFormat::kDockerDirectory)
      return MakeError(ErrorCode::kInvalid, "a docker-dir holds one image; use another --format with --multi-image-archive");
    if (output_.empty() && directory)
      return MakeError(ErrorCode::kInvalid, "--format {} needs a folder: name one with --output", format_);
    if (output_.empty() && ::isatty(STDOUT_FILENO) != 0)
      return MakeError(ErrorCode::kInvalid, "refusing to save to terminal. Use -o flag or redirect");
    if (output_.find(':') != std::string::npos)
      return MakeError(ErrorCode::kInvalid, "invalid filename (should not contain ':') \"{}\"", output_);
    ASSIGN_OR_RETURN(const common::SystemPaths paths, context.Paths());
    ASSIGN_OR_RETURN(const auto images, Images(image::Store(paths)));
    FlushOutput();
    TRY(image::SaveImages(paths, images, options_, output_.empty() ? "-" : output_));
    for (const image::SavedImage& image : images) context.Record("image", "save", image.id, output_);
    return 0;
  }

 private:
  Result<std::vector<image::SavedImage>> Images(const image::Store& store) const {
    std::vector<image::SavedImage> images;
    for (size_t i = 0; i < operands_.size(); ++i) {
      if (i > 0 && !several_) {
        ASSIGN_OR_RETURN(images.front().names.emplace_back(), image::NormalizeNewName(operands_[i]));
        continue;
      }
      ASSIGN_OR_RETURN(const image::Image image, store.Find(operands_[i]));
      const auto known = std::find_if(images.begin(), images.end(), [&](const auto& saved) { return saved.id == image.id; });
      image::SavedImage& saved = known != images.end() ? *known : images.emplace_back(image::SavedImage{image.id, {}});
      for (std::string& name : NamesFor(operands_[i], image))
        if (std::find(saved.names.begin(), saved.names.end(), name) == saved.names.end()) saved.names.push_back(std::move(name));
    }
    return images;
  }

  // The name that was asked for; an image named by its id has no name in the archive.
  static std::vector<std::string> NamesFor(const std::string& operand, const image::Image& image) {
    if (image.id.starts_with(operand) || !image::FullIdIn(operand).empty()) return {};
    const auto wanted = image::Reference::Parse(operand);
    if (!wanted || !wanted->digest.empty()) return {};
    std::vector<std::string> names;
    const std::string full = wanted->ToString();
    for (const std::string& name : image.names)
      if (name == full || name.ends_with("/" + full)) names.push_back(name);
    return names.size() > 1 ? std::vector<std::string>{names.front()} : names;
  }

  std::string output_, format_ = "docker-archive";
  bool several_ = false;
  image::SaveOptions options_;
  std::vector<std::string> operands_;
};

}  // namespace

std::unique_ptr<Command> MakeSave() { return std::make_unique<SaveCommand>(); }

}  // namespace skiff::cli
