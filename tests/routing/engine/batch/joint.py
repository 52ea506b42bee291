"""The cheapest plans of several orders together, by trying everything: slow, and independent of the engine."""

from itertools import product

from tests.routing.engine.brute import Trial
from tests.routing.engine.facts import State, selects


def least_cost(problem):
    """What all orders cost at the least under the only rule, which splits no line. No inertia, no guard."""
    state = State(problem)
    [rule] = problem.rules
    ways = [_ways(Trial(state, rule, order), rule) for order in range(problem.orders) if selects(problem, rule, order)]
    ways.sort(key=len)
    rest = [0]
    for own in reversed(ways):
        rest.append(rest[-1] + own[0][0])
    rest.reverse()
    left = {**state.atp, **{("slot", *key): room for key, room in state.slots.items()}}
    best = sum(own[-1][0] for own in ways)

    def extend(place, spent):
        nonlocal best
        if place == len(ways):
            best = min(best, spent)
            return
        for cost, uses in ways[place]:
            if spent + cost + rest[place + 1] >= best:
                break
            for key, count in uses:
                left[key] -= count
            if all(left[key] >= 0 for key, _ in uses):
                extend(place + 1, spent + cost)
            for key, count in uses:
                left[key] += count

    extend(0, 0)
    return best


def _ways(trial, rule):
    """Every way to serve the order as (cost, ((stock or slot, count) …)), cheapest first."""
    state, problem = trial.state, trial.problem
    found = {(): trial.left_cost(trial.lines)}

    def keep(parcels, left):
        if not parcels or (left and rule.if_part != "assign"):
            return
        open_days = [[day for (at, day), room in state.slots.items() if at == node and room] for node, _ in parcels]
        for days in product(*open_days):
            costs = [trial.on_day(*parcel, day) for parcel, day in zip(parcels, days, strict=True)]
            if None not in costs:
                units = [
                    ((int(problem.sku[line]), node), int(problem.units[line]))
                    for node, held in parcels
                    for line in held
                ]
                slots = [(("slot", node, day), 1) for (node, _), day in zip(parcels, days, strict=True)]
                uses = tuple(sorted([*units, *slots], key=str))
                cost = sum(costs) + trial.left_cost(left) + trial.scarcity(parcels)
                found[uses] = min(found.get(uses, cost), cost)

    def extend(index, parcels, left):
        if index == len(trial.lines):
            keep(parcels, left)
            return
        line = trial.lines[index]
        extend(index + 1, parcels, (*left, line))
        for place, (node, held) in enumerate(parcels):
            if node in trial.may[line]:
                extend(index + 1, (*parcels[:place], (node, (*held, line)), *parcels[place + 1 :]), left)
        if len(parcels) < trial.most:
            for node in trial.may[line]:
                extend(index + 1, (*parcels, (node, (line,))), left)

    extend(0, (), ())
    return sorted(((cost, uses) for uses, cost in found.items()), key=lambda way: (way[0], str(way[1])))
