#include "manifests/yaml_reader.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <unordered_map>
#include <unordered_set>

#include "common/base64.h"
#include "kube/model/text.h"
#include "manifests/json_text.h"
#include "manifests/scalar.h"
#include "manifests/yaml_hints.h"

namespace skiff::manifests {

namespace {

using kube::Mark;
using kube::Value;

constexpr size_t kMostValues = 1'000'000;
constexpr size_t kDeepest = 100;
constexpr std::string_view kStandardTag = "tag:yaml.org,2002:";

Mark ToMark(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

// Builds one tree per document from yaml-cpp's events.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& text, std::vector<SyntaxError>& errors) : text_(text), errors_(errors) {}

  Value TakeDocument() { return std::move(root_); }
  // The last quoted scalar that goes over several lines.
  struct LongQuote {
    Mark open;
    int last_line = 0;
  };
  const LongQuote& long_quote() const { return long_quote_; }
  // Where the innermost list or map that is still open began; nowhere when none is.
  Mark OpenMark() const { return frames_.empty() ? Mark{} : frames_.back().value.mark(); }

  void OnDocumentStart(const YAML::Mark&) override {
    root_ = Value();
    anchors_.clear();
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { AddLeaf(Value(), mark, anchor); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    const bool plain = tag == "?" || tag.empty();
    if (!plain) CheckQuotes(mark);
    if (plain && text == "<<" && WantsKey()) {
      frames_.back().merge_pending = true;
      frames_.back().has_key = true;
      return;
    }
    AddLeaf(Resolve(tag, plain, text, mark), mark, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) Stop(mark, "an alias refers to a value that contains it");
    Count(mark, found->second.values, found->second.depth);
    Value copy = found->second.value;
    copy.set_mark(ToMark(mark));
    Add(std::move(copy), mark, {found->second.values, found->second.depth});
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    Open(Value::List(), mark, anchor, style);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    Open(Value::Map(), mark, anchor, style);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Size {
    size_t values = 1;
    size_t depth = 0;  // levels below the value
  };
  // A list or map that is being read.
  struct Frame {
    Value value;
    YAML::Mark mark;
    YAML::anchor_t anchor = 0;
    Size size;
    bool has_key = false;
    bool merge_pending = false;
    bool skip_pending = false;  // the value of a duplicate key
    std::string key;
    Mark key_mark;
    std::unordered_map<std::string, int> lines;  // of the keys
    std::vector<Value> merged;
  };
  struct Anchored {
    Value value;
    size_t values = 1;
    size_t depth = 0;
  };

  [[noreturn]] static void Stop(const YAML::Mark& mark, const std::string& message) {
    throw YAML::ParserException(mark, message);
  }

  void CheckQuotes(const YAML::Mark& mark) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    const size_t open = static_cast<size_t>(mark.pos) + (text_.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
    const QuotedScalar scalar = FindClosingQuote(text_, open);
    if (!scalar.quoted) return;
    if (!scalar.close) Stop(mark, fmt::format("this {} is never closed", text_[open]));
    const std::string_view quoted = std::string_view(text_).substr(open, *scalar.close - open);
    const auto lines = std::count(quoted.begin(), quoted.end(), '\n');
    if (lines > 0) long_quote_ = {ToMark(mark), mark.line + 1 + static_cast<int>(lines)};
  }

  bool WantsKey() const {
    return !frames_.empty() && frames_.back().value.is(Value::Kind::kMap) && !frames_.back().has_key;
  }

  Value Resolve(const std::string& tag, bool plain, const std::string& text, const YAML::Mark& mark) const {
    if (plain) return ResolvePlainScalar(text);
    if (!tag.starts_with(kStandardTag)) return Value::String(text);
    const std::string_view type = std::string_view(tag).substr(kStandardTag.size());
    if (type == "binary") {
      auto bytes = common::DecodeBase64(text);
      if (!bytes) Stop(mark, "!!binary must be followed by base64 text");
      return Value::String(std::move(*bytes));
    }
    return type == "str" ? Value::String(text) : ResolvePlainScalar(text);
  }

  void Count(const YAML::Mark& mark, size_t values, size_t depth) {
    total_ += values;
    if (total_ > kMostValues) Stop(mark, fmt::format("more than {} values (aliases unfolded)", kMostValues));
    if (frames_.size() + depth > kDeepest) Stop(mark, fmt::format("nested deeper than {} levels", kDeepest));
  }

  void AddLeaf(Value value, const YAML::Mark& mark, YAML::anchor_t anchor) {
    Count(mark, 1, 0);
    value.set_mark(ToMark(mark));
    if (anchor != 0) anchors_[anchor] = {value, 1, 0};
    Add(std::move(value), mark, {});
  }

  void Open(Value value, const YAML::Mark& mark, YAML::anchor_t anchor, YAML::EmitterStyle::value style) {
    if (WantsKey()) {
      Stop(mark,
           "a key must be a plain word, not a list or an object (the {{ }} of a template must be filled in "
           "first)");
    }
    Count(mark, 1, 1);
    // What lies below its key in a block is found at the key, not at its own first line.
    const bool below_key = style == YAML::EmitterStyle::Block && !frames_.empty() && frames_.back().has_key &&
                           !frames_.back().merge_pending;
    value.set_mark(below_key ? frames_.back().key_mark : ToMark(mark));
    Frame frame;
    frame.value = std::move(value);
    frame.mark = mark;
    frame.anchor = anchor;
    frames_.push_back(std::move(frame));
  }

  void Close() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    for (const Value& source : frame.merged) Merge(frame, source);
    if (frame.anchor != 0) anchors_[frame.anchor] = {frame.value, frame.size.values, frame.size.depth};
    Add(std::move(frame.value), frame.mark, frame.size);
  }

  // Keys that the map has itself win over merged ones.
  static void Merge(Frame& frame, const Value& source) {
    for (const Value::Entry& entry : source.entries()) {
      if (frame.value.Find(entry.key) == nullptr) frame.value.entries().push_back(entry);
    }
  }

  void Add(Value value, const YAML::Mark& mark, Size size) {
    if (frames_.empty()) {
      root_ = std::move(value);
      return;
    }
    Frame& frame = frames_.back();
    frame.size.values += size.values;
    frame.size.depth = std::max(frame.size.depth, size.depth + 1);
    if (frame.value.is(Value::Kind::kList)) {
      frame.value.items().push_back(std::move(value));
    } else if (!frame.has_key) {
      SetKey(frame, value, mark);
    } else {
      SetMember(frame, std::move(value), mark);
    }
  }

  void SetKey(Frame& frame, const Value& key, const YAML::Mark& mark) {
    if (key.is(Value::Kind::kMap) || key.is(Value::Kind::kList)) Stop(mark, "a key must be a plain word");
    frame.key = key.is(Value::Kind::kString) ? key.text() : key.ToJson();
    frame.key_mark = ToMark(mark);
    frame.has_key = true;
    const auto [first, is_new] = frame.lines.emplace(frame.key, frame.key_mark.line);
    frame.skip_pending = !is_new;
    if (is_new) return;
    errors_.push_back({frame.key_mark, fmt::format("key {} already set in line {}",
                                                   kube::QuoteText(frame.key), first->second)});
  }

  void SetMember(Frame& frame, Value value, const YAML::Mark& mark) {
    frame.has_key = false;
    if (frame.merge_pending) {
      frame.merge_pending = false;
      AddMerge(frame, value, mark);
    } else if (!frame.skip_pending) {
      frame.value.entries().push_back({frame.key, frame.key_mark, std::move(value)});
    }
  }

  static void AddMerge(Frame& frame, const Value& value, const YAML::Mark& mark) {
    const std::vector<Value> sources =
        value.is(Value::Kind::kList) ? value.items() : std::vector<Value>{value};
    for (const Value& source : sources) {
      if (!source.is(Value::Kind::kMap))
        Stop(mark, "map merge requires map or sequence of maps as the value");
      frame.merged.push_back(source);
    }
  }

  const std::string& text_;
  std::vector<SyntaxError>& errors_;
  LongQuote long_quote_;
  Value root_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  size_t total_ = 0;
};

// yaml-cpp's shortest messages in words that say what to look for.
std::string Explain(const std::string& message) {
  static const std::map<std::string_view, std::string_view> kWords{
      {"illegal map value",
       "a value cannot start here: wrong indentation, a tab, or a text with ': ' that needs quotes"},
      {"illegal map key", "a key cannot start here: wrong indentation"},
      {"illegal block entry", "a list item cannot start here: wrong indentation"},
      {"end of map not found", "wrong indentation: neither a further key nor the end of the object"},
      {"end of sequence not found", "wrong indentation: neither a further list item nor the end of the list"},
      {"end of sequence flow not found", "this [ is never closed"},
      {"end of map flow not found", "this { is never closed"},
      {"unknown token", "a text that starts with this character, or has it inside [] or {}, needs quotes"},
  };
  const auto words = kWords.find(message);
  return words == kWords.end() ? message : std::string(words->second);
}

// What stopped yaml-cpp, at the place where a person should look.
SyntaxError Locate(const YAML::Exception& error, const std::string& text, const TreeBuilder& builder) {
  SyntaxError found{error.mark.is_null() ? Mark{} : ToMark(error.mark), Explain(error.msg)};
  const TreeBuilder::LongQuote& quote = builder.long_quote();
  if (const auto tab = TabInIndentation(text, found.mark.line)) {
    found = {*tab, "indentation takes spaces, and this is a tab"};
  } else if (quote.open.line > 0 && quote.last_line == found.mark.line) {
    // The quotes behind one that is missing open what they should close.
    found.message = fmt::format("{}; or the quote that opens in line {} should be closed before line {}", found.message,
                                quote.open.line, quote.last_line);
  } else if (error.msg.ends_with("flow not found") && builder.OpenMark().line > 0) {
    // What is never closed is noticed at the end of the text; the bracket that opens it is where to look.
    found.mark = builder.OpenMark();
  } else if (error.msg == "illegal map value" || error.msg == "end of map not found") {
    if (const auto line = LineWithoutColon(text, found.mark.line)) found = {*line, "there is no \": \" after a key in this line"};
  }
  found.message = "not valid YAML: " + found.message;
  return found;
}

}  // namespace

YamlText ReadYaml(const std::string& text) {
  YamlText result;
  const std::string joined = JoinSurrogates(text);
  TreeBuilder builder(joined, result.errors);
  try {
    std::istringstream stream(joined);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
      Value document = builder.TakeDocument();
      if (!document.is(Value::Kind::kNull)) result.documents.push_back(std::move(document));
    }
  } catch (const YAML::Exception& error) {
    result.errors.push_back(Locate(error, joined, builder));
  } catch (const std::exception& error) {
    result.errors.push_back({{}, fmt::format("not valid YAML: {}", error.what())});
  }
  return result;
}

}  // namespace skiff::manifests
