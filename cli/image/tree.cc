// image tree.
#include <fmt/ranges.h>

#include <algorithm>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/render/units.h"

namespace skiff::cli {

using common::Result;

namespace {

std::string Tags(const std::vector<std::string>& names) { return fmt::format("[{}]", fmt::join(names, " ")); }

// "2.13MB": podman prints one digit more here than in lists.
std::string ExactSize(int64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB", "PB"};
  auto value = static_cast<double>(std::max<int64_t>(0, bytes));
  size_t unit = 0;
  for (; value >= 1000 && unit + 1 < std::size(kUnits); ++unit) value /= 1000;
  return fmt::format("{:.4g}{}", value, kUnits[unit]);
}

struct Node {
  std::string id;
  int64_t size = 0;
  std::vector<Node> children;
};

// Every layer that is stacked on `id` by some image.
void AddChildren(Node& node, const std::vector<std::vector<image::Store::Layer>>& chains) {
  for (const auto& chain : chains)
    for (size_t i = 0; i + 1 < chain.size(); ++i) {
      if (chain[i].id != node.id) continue;
      const auto& next = chain[i + 1];
      const bool known = std::any_of(node.children.begin(), node.children.end(), [&](const Node& n) { return n.id == next.id; });
      if (!known) node.children.push_back({next.id, next.size, {}});
    }
  for (Node& child : node.children) AddChildren(child, chains);
}

class TreeCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Switch("--whatrequires", what_requires_, "Show also the layers that other images put on top");
    a.Operands(operands_, 1, 1);
  }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(const common::SystemPaths paths, context.Paths());
    const image::Store store(paths);
    ASSIGN_OR_RETURN(const image::Image image, store.Find(operands_.front()));
    ASSIGN_OR_RETURN(const auto layers, store.Layers(image));
    ASSIGN_OR_RETURN(images_, store.List());
    PrintLine("Image ID: " + ShortId(image.id));
    PrintLine("Tags:     " + Tags(image.names));
    PrintLine("Size:     " + ExactSize(image.size));
    if (layers.empty()) {
      PrintLine("No Image Layers");
      return 0;
    }
    PrintLine("Image Layers");
    if (!what_requires_) {
      for (size_t i = 0; i < layers.size(); ++i) PrintLayer({layers[i].id, layers[i].size, {}}, "", i + 1 == layers.size());
      PrintLine("");
      return 0;
    }
    std::vector<std::vector<image::Store::Layer>> chains;
    for (const image::Image& other : images_)
      if (const auto chain = store.Layers(other)) chains.push_back(*chain);
    Node root{layers.front().id, layers.front().size, {}};
    AddChildren(root, chains);
    PrintBranch(root, "", true);
    PrintLine("");
    return 0;
  }

 private:
  void PrintLayer(const Node& node, const std::string& indent, bool last) const {
    std::vector<std::string> tops;
    for (const image::Image& image : images_)
      if (image.top_layer == node.id) tops.insert(tops.end(), image.names.begin(), image.names.end());
    PrintLine(fmt::format("{}{} ID: {} Size: {:>7}{}", indent, last ? "└──" : "├──", ShortId(node.id), ExactSize(node.size),
                          tops.empty() ? "" : " Top Layer of: " + Tags(tops)));
  }

  void PrintBranch(const Node& node, const std::string& indent, bool last) const {
    PrintLayer(node, indent, last);
    const std::string below = indent + (last ? "    " : "│   ");
    for (size_t i = 0; i < node.children.size(); ++i) PrintBranch(node.children[i], below, i + 1 == node.children.size());
  }

  bool what_requires_ = false;
  std::vector<std::string> operands_;
  std::vector<image::Image> images_;
};

}  // namespace

std::unique_ptr<Command> MakeImageTree() { return std::make_unique<TreeCommand>(); }

}  // namespace skiff::cli
