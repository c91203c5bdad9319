package discordsim

// followUp is a further message to an interaction. The first one after a
// deferred answer becomes that answer.
func (c *call) followUp() (any, *problem) {
	i, p := c.alive()
	if p != nil {
		return nil, p
	}
	d, p := c.draft()
	if p != nil {
		return nil, p
	}
	if i.original != nil && i.original.Thinking() {
		p = c.fillIn(i, d)
		return i.original.stored(), p
	}
	m := c.s.answered(i, 0)
	if p := c.apply(m, d, everyPermission, answerFlags); p != nil {
		return nil, p
	}
	m.TTS = d.TTS
	c.s.store(m, "create")
	i.finish(m)
	return m.clone(), nil
}

// answer finds the message of the path among those of the interaction.
func (c *call) answer() (*interaction, *Message, *problem) {
	i, p := c.alive()
	if p != nil {
		return nil, nil, p
	}
	id := c.r.PathValue("message")
	if id == "@original" {
		if i.original == nil || c.s.message(i.channel, i.original.ID) == nil {
			return nil, nil, unknownMessage()
		}
		return i, i.original, nil
	}
	m := c.s.message(i.channel, id)
	if m == nil || c.s.owners[id] != i.token {
		return nil, nil, unknownMessage()
	}
	return i, m, nil
}

func (c *call) readAnswer() (any, *problem) {
	_, m, p := c.answer()
	if p != nil {
		return nil, p
	}
	return m.stored(), nil
}

func (c *call) editAnswer() (any, *problem) {
	i, m, p := c.answer()
	if p != nil {
		return nil, p
	}
	d, p := c.draft()
	if p != nil {
		return nil, p
	}
	if m.Thinking() {
		p = c.fillIn(i, d)
	} else {
		p = c.edit(m, d, everyPermission, sendFlags)
	}
	if p != nil {
		return nil, p
	}
	i.finish(m)
	c.s.changed()
	return m.stored(), nil
}

// fillIn gives the deferred answer its content. That is not shown as an edit,
// and it does not change who sees it.
func (c *call) fillIn(i *interaction, d *draft) *problem {
	filled := i.original.clone()
	filled.Flags &^= FlagLoading
	if p := c.apply(&filled, d, everyPermission, sendFlags); p != nil {
		return p
	}
	*i.original = filled
	i.finish(i.original)
	c.s.store(i.original, "update")
	return nil
}

func (c *call) deleteAnswer() (any, *problem) {
	_, m, p := c.answer()
	if p != nil {
		return nil, p
	}
	c.s.remove(m)
	return nil, nil
}
