// The flags and operands of one command: CLI11 behind a small face, so that its heavy header stays in one
// file, and podman's habits (--flag=false, comma lists, flags that end at the first operand) are stated once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace skiff::cli {

// How a flag that may be given several times reads each value.
enum class ListStyle { kWhole, kCommaSeparated };

class Arguments {
 public:
  // What help and completion need to know about a flag.
  struct FlagInfo {
    std::vector<std::string> names;  // "-a", "--all"
    std::string value_name;          // empty: a switch
    std::string help;
    bool hidden = false;
  };

  Arguments();
  ~Arguments();
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  // `names` as "-a,--all". The targets must outlive Parse.
  void Switch(const std::string& names, bool& target, const std::string& help);
  void Switch(const std::string& names, std::optional<bool>& target, const std::string& help);
  void Value(const std::string& names, std::string& target, const std::string& value_name,
             const std::string& help);
  void Value(const std::string& names, std::optional<std::string>& target, const std::string& value_name,
             const std::string& help);
  void Value(const std::string& names, std::optional<int64_t>& target, const std::string& value_name,
             const std::string& help);
  // A value that may be left out: "--wait" means "--wait=BARE", the next word is not the value. One long name.
  void OptionalValue(const std::string& name, std::string& target, const std::string& value_name, const std::string& bare,
                     const std::string& help);
  void List(const std::string& names, std::vector<std::string>& target, const std::string& value_name,
            const std::string& help, ListStyle style = ListStyle::kWhole);
  // A flag that is known and refused: `reason` says what to do instead.
  void Refused(const std::string& names, bool takes_value, const std::string& reason);
  // A flag that is accepted because it changes nothing here.
  void Ignored(const std::string& names, bool takes_value);

  // Between `least` and `most` operands (-1: any number).
  void Operands(std::vector<std::string>& target, int least, int most = -1);
  // Everything from the first operand on is operand ("run IMAGE ls -l").
  void EndFlagsAtFirstOperand();
  // Every word goes to `target` as it stands, --help too: another program reads them.
  void PassEverything(std::vector<std::string>& target);

  // kInvalid: one sentence for the user. False: --help was asked for.
  common::Result<bool> Parse(std::vector<std::string> arguments);

  const std::vector<FlagInfo>& flags() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace skiff::cli
