// Where reading of a newly assigned partition begins: a pure function.
#pragma once

#include <cstdint>
#include <optional>

namespace keywatch::kafka {

struct StartInput {
  // What the snapshot says; counts only for the first assignment of the partition in this process.
  std::optional<int64_t> restored;
  // Where this process stopped, when it had the partition before.
  std::optional<int64_t> reached;
  // The group's committed offset, when there is one.
  std::optional<int64_t> committed;
};

// The snapshot wins over the committed offset, even if that is further on: the state is only true
// together with the positions that it was saved with. When a partition comes back that another
// member had meanwhile, reading goes on where that member committed, or where this process stopped,
// whichever is later: nothing is skipped, and nothing durable is read twice. Null: as
// auto_offset_reset says.
inline std::optional<int64_t> StartOffset(const StartInput& input) {
  if (input.reached) {
    return input.committed && *input.committed > *input.reached ? input.committed : input.reached;
  }
  return input.restored ? input.restored : input.committed;
}

}  // namespace keywatch::kafka
