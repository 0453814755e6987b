// image mount|unmount.
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/render/table.h"
#include "common/user_namespace.h"

namespace skiff::cli {

using common::ErrorCode;
using common::JsonBuilder;
using common::JsonValue;
using common::MakeError;
using common::Result;

namespace {

struct MountedImage {
  image::Image image;
  std::string path;
};

std::string ShownName(const image::Image& image) { return image.names.empty() ? image.id : image.names.front(); }

Result<std::vector<MountedImage>> MountedImages(const image::Store& store) {
  ASSIGN_OR_RETURN(const auto images, store.List());
  std::vector<MountedImage> mounted;
  for (const image::Image& image : images) {
    ASSIGN_OR_RETURN(const std::string path, store.MountPoint(image));
    if (!path.empty()) mounted.push_back({image, path});
  }
  return mounted;
}

class MountCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Switch("-a,--all", all_, "All images");
    a.Value("--format", format_, "format", "json");
    a.Operands(operands_, 0);
  }

  Result<int> Run(Context& context) override {
    if (!format_.empty() && format_ != "json")
      return MakeError(ErrorCode::kInvalid, "unknown --format \"{}\": only json is supported", format_);
    if (all_ && !operands_.empty()) return MakeError(ErrorCode::kInvalid, "give images or --all, not both");
    ASSIGN_OR_RETURN(const common::SystemPaths paths, context.Paths());
    image::Store store(paths);
    std::vector<MountedImage> mounted;
    if (operands_.empty() && !all_) {
      ASSIGN_OR_RETURN(mounted, MountedImages(store));
      return Show(mounted, false);
    }
    std::vector<image::Image> images;
    if (all_) {
      ASSIGN_OR_RETURN(images, store.List());
      std::erase_if(images, [](const image::Image& image) { return image.top_layer.empty(); });
    }
    for (const std::string& name : operands_) {
      ASSIGN_OR_RETURN(images.emplace_back(), store.Find(name));
    }
    for (const image::Image& image : images) {
      ASSIGN_OR_RETURN(const std::string path, store.Mount(image));
      mounted.push_back({image, path});
    }
    if (!mounted.empty()) TellWhereItIsSeen(mounted.front().path);
    return Show(mounted, operands_.size() == 1);
  }

 private:
  static void TellWhereItIsSeen(const std::string& path) {
    if (const auto user = common::UserNamespace::Current())
      PrintWarning(fmt::format("what is mounted is seen in your user namespace alone: nsenter -t {} -U -m --preserve-credentials ls {}",
                               user->holder, path));
  }

  int Show(const std::vector<MountedImage>& mounted, bool only_path) const {
    if (format_ == "json") {
      JsonBuilder b;
      JsonValue list = b.Array();
      for (const auto& [image, path] : mounted) {
        JsonValue item = b.Object();
        b.Set(item, "id", image.id);
        b.Set(item, "Names", b.Strings({image.digest}));
        b.Set(item, "Repositories", b.Strings(image.names));
        b.Set(item, "mountpoint", path);
        b.Push(list, std::move(item));
      }
      PrintLine(common::ToPrettyJson(list, 1));
      return 0;
    }
    if (only_path) {
      for (const auto& item : mounted) PrintLine(item.path);
      return 0;
    }
    std::vector<std::vector<std::string>> lines;
    for (const auto& [image, path] : mounted) lines.push_back({ShownName(image), path});
    Print(AlignColumns(lines));
    return 0;
  }

  bool all_ = false;
  std::string format_;
  std::vector<std::string> operands_;
};

class UnmountCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Switch("-a,--all", all_, "All mounted images");
    a.Switch("-f,--force", force_, "However often it was mounted");
    a.Operands(operands_, 0);
  }

  Result<int> Run(Context& context) override {
    if (!all_ && operands_.empty()) return MakeError(ErrorCode::kInvalid, "name the images to unmount, or use --all");
    ASSIGN_OR_RETURN(const common::SystemPaths paths, context.Paths());
    image::Store store(paths);
    std::vector<std::string> names = operands_;
    if (all_) {
      ASSIGN_OR_RETURN(const auto mounted, MountedImages(store));
      for (const auto& item : mounted) names.push_back(item.image.id);
    }
    return context.ForEach(names, [&](const std::string& name) -> Result<> {
      ASSIGN_OR_RETURN(const image::Image image, store.Find(name));
      ASSIGN_OR_RETURN(const bool was_mounted, store.Unmount(image, force_ || all_));
      // Images that share their layers share the mount, so another one's turn may have ended it.
      if (!was_mounted && !all_ && !force_)
        return MakeError(ErrorCode::kBusy, "image {} is not mounted", image.id.substr(0, 12));
      if (was_mounted) PrintLine(image.id);
      return {};
    });
  }

 private:
  bool all_ = false, force_ = false;
  std::vector<std::string> operands_;
};

}  // namespace

std::unique_ptr<Command> MakeImageMount() { return std::make_unique<MountCommand>(); }
std::unique_ptr<Command> MakeImageUnmount() { return std::make_unique<UnmountCommand>(); }

}  // namespace skiff::cli
